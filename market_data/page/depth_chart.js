/* What is bid and offered, from the middle out: each side has its half, however far its orders lie. */

import { DEPTH_LEVELS } from "./bounds.js";
import { pricePlaces } from "./candle_chart.js";
import { writePrice } from "./chart_words.js";
import { group, placesOf } from "./decimals.js";
import { create, element } from "./dom.js";
import { market, symbol } from "./markets.js";
import { preview } from "./preview.js";
import { theme } from "./theme.js";

const AXIS = 24, PAD = 14, LABEL_SPACE = 92;

/** @type {{ canvas: any, pointer: number | null, scale: any }} */
const depth = { canvas: null, pointer: null, scale: null };

/** Levels of one side as steps {distance, sum, ticks}, no further than most of what is there reaches. */
export function stepsOf(levels) {
  const near = levels.slice(0, Math.max(1, Math.ceil(Math.min(levels.length, DEPTH_LEVELS) * 0.9)));
  let sum = 0;
  return near.map(level => ({ ticks: level.ticks, distance: Math.abs(level.ticks - levels[0].ticks), sum: (sum += level.lots) }));
}

export function drawDepthChart() {
  depth.canvas ??= makeCanvas();
  const box = element("depth"), { book } = market(), ratio = devicePixelRatio, width = box.clientWidth, height = box.clientHeight;
  if (!width || !height) return;
  Object.assign(depth.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  const context = depth.canvas.getContext("2d");
  context.scale(ratio, ratio);
  const sides = { bids: stepsOf(book.bids.levels), asks: stepsOf(book.asks.levels) };
  const most = Math.max(sides.bids.at(-1)?.sum ?? 0, sides.asks.at(-1)?.sum ?? 0, 1);
  depth.scale = { width, height, most, sides, middle: width / 2, at: sum => height - AXIS - (sum / most) * (height - AXIS - PAD * 2) };
  for (const side of ["bids", "asks"]) paintSide(context, side);
  paintAxis(context);
  describeDepth();
}

function makeCanvas() {
  const canvas = create("canvas"), box = element("depth");
  box.append(canvas);
  box.onpointermove = event => { depth.pointer = event.offsetX; drawDepthChart(); };
  box.onpointerleave = () => { depth.pointer = null; drawDepthChart(); };
  return canvas;
}

/* The place of a step: its half is as wide as its side reaches. */
function placeOf(side, distance) {
  const { middle, sides } = depth.scale, reach = Math.max(sides[side].at(-1)?.distance ?? 1, 1), away = 3 + (distance / reach) * (middle - 3);
  return side === "bids" ? middle - away : middle + away;
}

function paintSide(context, side) {
  const { sides, at, height, width } = depth.scale, steps = sides[side], colour = side === "bids" ? "bid" : "ask";
  if (!steps.length) return;
  const base = height - AXIS, edge = side === "bids" ? 0 : width;
  const path = until => {
    context.beginPath();
    context.moveTo(placeOf(side, 0), base);
    let last = base, end = placeOf(side, 0);
    for (const step of steps) {
      if (!until(step)) break;
      end = placeOf(side, step.distance);
      context.lineTo(end, last);
      last = at(step.sum);
      context.lineTo(end, last);
    }
    return { last, end };
  };
  const whole = path(() => true);
  context.lineTo(edge, whole.last);
  context.strokeStyle = theme.colours[colour];
  context.lineWidth = 1.5;
  context.stroke();
  context.lineTo(edge, base);
  context.fillStyle = theme.colours[`${colour}-bar`];
  context.fill();
  if (preview.side !== side) return;
  const taken = path(step => (side === "asks" ? step.ticks <= preview.ticks : step.ticks >= preview.ticks));
  context.lineTo(taken.end, base);
  context.fillStyle = theme.colours[`${colour}-volume`];
  context.fill();
}

/* As many prices as have room, none over another. */
function paintAxis(context) {
  const { width, height, middle, sides } = depth.scale, unit = 10 ** pricePlaces();
  Object.assign(context, { fillStyle: theme.colours.soft, font: "11px Inter, system-ui, sans-serif", textBaseline: "middle", textAlign: "center" });
  for (const side of ["bids", "asks"]) {
    const steps = sides[side], count = Math.max(1, Math.floor(middle / LABEL_SPACE));
    if (!steps.length) continue;
    for (let index = 0; index < count; index++) {
      const share = (index + 0.5) / count, ticks = steps[0].ticks + (side === "bids" ? -1 : 1) * share * steps[steps.length - 1].distance;
      context.fillText(writePrice(ticks / unit, pricePlaces()), placeOf(side, share * steps[steps.length - 1].distance), height - AXIS / 2);
    }
  }
  context.strokeStyle = theme.colours.line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, height - AXIS + 0.5);
  context.lineTo(width, height - AXIS + 0.5);
  if (depth.pointer !== null) { context.moveTo(depth.pointer, 0); context.lineTo(depth.pointer, height - AXIS); }
  context.stroke();
}

function describeDepth() {
  const { middle, sides } = depth.scale, pointer = depth.pointer ?? middle, isBid = pointer < middle, side = isBid ? "bids" : "asks", steps = sides[side];
  const passed = depth.pointer === null ? [] : steps.filter(step => Math.abs(placeOf(side, step.distance) - middle) <= Math.abs(pointer - middle) + 8);
  if (!passed.length) { element("legend").replaceChildren("What is bid and offered, from the middle out to a price"); return; }
  const { sum, ticks } = passed[passed.length - 1], book = market().book, lots = placesOf((book.bids.levels[0] ?? book.asks.levels[0]).quantity);
  element("legend").replaceChildren(create("b", `${group(String(+(sum / 10 ** lots).toFixed(lots)))} ${symbol.split("-")[0]}`), isBid ? " bid down to " : " offered up to ", create("b", writePrice(ticks / 10 ** pricePlaces(), pricePlaces())));
}
