/* What an order type does, drawn: the price's way, the lines that it waits for, the dot where it trades. */

const SPACE = "http://www.w3.org/2000/svg";
const FALL = "2,6 16,9 30,15 44,20 62,23", RISE = "2,22 16,19 30,13 44,8 62,5";

/* After an entry the price turns, and the stop follows it. */
const TURNED = { way: "2,6 16,10 30,15 44,11 62,5", trail: "30,25 44,21 62,15" };

/* For a buy; a sell is the same upside down. `price` and `stop` are heights of lines, `dot` where it trades. */
const DRAWINGS = {
  market: { way: RISE, dot: [2, 22] },
  limit: { way: FALL, price: 18, dot: [38, 18] },
  ioc: { way: RISE, price: 10, dot: [2, 22] },
  fok: { way: RISE, price: 10, dot: [2, 22], isWhole: true },
  post_only: { way: FALL, price: 18, dot: [38, 18], isHollow: true },
  stop_loss: { way: RISE, stop: 10, dot: [38, 10] },
  stop_limit: { way: RISE, stop: 13, price: 7, dot: [30, 13] },
  trailing: { way: "2,7 18,17 30,21 62,9", trail: "2,2 18,11 30,14 62,14", dot: [47, 14] },
  take_profit: { way: FALL, stop: 18, dot: [38, 18] },
  oco: { way: FALL, stop: 6, price: 20, dot: [48, 20], following: { trail: "2,2 16,5 30,11 44,14 62,14" } },
  oto: { way: FALL, price: 15, stop: 25, dot: [30, 15], following: TURNED },
  otoco: { way: FALL, price: 15, stop: 25, profit: 4, dot: [30, 15], following: TURNED },
  take_profit_limit: { way: FALL, stop: 15, price: 20, dot: [30, 15] },
};

function part(name, attributes) {
  const node = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

/* Of a list only the stop follows; all other types that do look the same. */
function findShape(type, isFollowing) {
  const shape = DRAWINGS[type] ?? DRAWINGS.limit;
  if (!isFollowing) return shape;
  return shape.following ? { ...shape, stop: undefined, ...shape.following } : DRAWINGS.trailing;
}

/** @param {string} type @param {Side} side @param {boolean} isFollowing whether its stop follows the market */
export function drawType(type, side, isFollowing) {
  const drawing = part("svg", { viewBox: "0 0 64 28", class: "drawing", "aria-hidden": "true" }), { way, price, stop, trail, profit, dot, isHollow, isWhole } = findShape(type, isFollowing);
  const group = part("g", side === "sell" ? { transform: "matrix(1 0 0 -1 0 28)" } : {});
  if (stop) group.append(part("line", { x1: 0, x2: 64, y1: stop, y2: stop, class: "stop-line" }));
  if (trail) group.append(part("polyline", { points: trail, class: "stop-line" }));
  if (profit) group.append(part("line", { x1: 0, x2: 64, y1: profit, y2: profit, class: "profit-line" }));
  if (price) group.append(part("line", { x1: 0, x2: 64, y1: price, y2: price, class: "price-line" }));
  group.append(part("polyline", { points: way, class: "way" }), part("circle", { cx: dot[0] + 2, cy: dot[1], r: isWhole ? 4 : 3, class: isHollow ? "dot hollow" : "dot" }));
  drawing.append(group);
  return drawing;
}

/* What a term adds, as paths: `line` in the way's colour, `mark` in the order's. */
const TERMS = {
  gtc: { line: "M2 14H58m-6-5 6 5-6 5", mark: "M2 14h10" },
  gtd: { line: "M2 14H44", mark: "M44 4V24M2 14h10" },
  day: { line: "M2 14H44", mark: "M44 4v4m0 4v4m0 4v4M2 14h10" },
  ioc: { line: "M22 14h4m4 0h4m4 0h4", mark: "M2 14h14M46 9l10 10m0-10L46 19" },
  fok: { line: "", mark: "M4 6h24v16H4zM42 8l12 12m0-12L42 20" },
  iceberg: { line: "M2 11H62M14 11 8 20l12 6h22l12-8-6-7", mark: "m20 11 9-9 8 5 4 4" },
  reject: { line: "M2 6l14 8 12-4", mark: "M2 18h60M40 6l10 10m0-10L40 16" },
};

/** @param {string} name @param {Side} side */
export function drawTerm(name, side) {
  const drawing = part("svg", { viewBox: "0 0 64 28", class: `drawing ${side}`, "aria-hidden": "true" }), { line, mark } = TERMS[name];
  drawing.append(part("path", { d: line, class: "way" }), part("path", { d: mark, class: "mark" }));
  return drawing;
}
