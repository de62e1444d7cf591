/* Ladder. */

import { LADDER_ROWS, RESTING_MILLISECONDS } from "./bounds.js";
import { fromUnits, group, placesOf, shorten, toUnits, unitsOf } from "./decimals.js";
import { create, element, setText, show, store } from "./dom.js";
import { restartBook } from "./feed.js";
import { draw } from "./frames.js";
import { bucketOf, groupLevels, holdLevels, listAround } from "./grouping.js";
import { market, symbol } from "./markets.js";
import { opened, ordersVersion } from "./orders.js";
import { goToSection, isPhone, isTouched } from "./phone.js";
import { replay } from "./replay.js";
import { isNotLive } from "./state.js";
import { preview } from "./preview.js";
import { averageTenths, slippage, walkBook } from "./sweep.js";
import { makeOptions, takePrice, ticket } from "./ticket.js";

function makeLevels(id) {
  const rows = [];
  for (let index = 0; index < LADDER_ROWS; index++) {
    const row = create("button", "", "level");
    row.type = "button";
    row.tabIndex = -1;
    row.append(create("span", "", "hidden-text"), create("span", "", "mine"), create("span", "", "price"), create("span", "", "quantity"), create("span", "", "total"));
    row.onmousedown = event => event.preventDefault();  // the pointer takes a price; focus in the ladder is for keys
    row.onclick = event => { if (row.dataset.price) { takePrice(row.dataset.price, event.shiftKey); if (isPhone.matches) goToSection("ticket"); } };
    rows.push(row);
  }
  element(id).append(...(id === "asks" ? [...rows].reverse() : rows));
  return rows;
}
export const levelRows = { asks: makeLevels("asks"), bids: makeLevels("bids") };
levelRows.bids[0].tabIndex = 0;
let rowsShown = LADDER_ROWS;
new ResizeObserver(() => {
  const spare = element("asks").clientHeight;
  rowsShown = Math.max(3, Math.min(LADDER_ROWS, Math.floor(spare / (isTouched.matches ? 40 : 21))));
  element("ladder").style.setProperty("--row", `${Math.max(21, spare / rowsShown)}px`);  // no part of a row is left over
  for (const rows of Object.values(levelRows)) rows.forEach((row, index) => { row.hidden = index >= rowsShown; });
  draw();
}).observe(element("asks"));

/** `step`: prices are put together by so many units; `held`: the prices that stay in their rows while somebody points at one, `pointedAt` when that began.
 *  @type {{ symbol: string, step: number, held: { asks: (number | undefined)[], bids: (number | undefined)[] } | null, hovered: any, pointedAt: number }} */
export const ladder = { symbol: "", step: 1, held: null, hovered: null, pointedAt: 0 };

/* The row under the pointer, or under a key's focus. */
const pointedRow = () => ladder.hovered ?? element("ladder").querySelector(".level:focus-visible");
const isLadderHeld = () => !replay.isOn && Boolean(pointedRow()?.dataset.price);

/* The prices that are seen, which may be older than the book. */
function readShown() {
  const read = rows => rows.slice(0, rowsShown).filter(row => row.dataset.price).map(row => unitsOf(row.dataset.price));
  return { asks: read(levelRows.asks), bids: read(levelRows.bids) };
}

/* What the rows show: the best levels, or those that are held there. */
function listLevels(book) {
  const isHeld = isLadderHeld(), count = isHeld ? Infinity : rowsShown, { pricePlaces, lotPlaces } = ticket.grid ?? { pricePlaces: 2, lotPlaces: 5 };
  const asks = groupLevels(book.asks.levels, ladder.step, "asks", count), bids = groupLevels(book.bids.levels, ladder.step, "bids", count);
  element("book-held").hidden = !isHeld;
  if (!isHeld) { ladder.held = null; return { asks, bids }; }
  ladder.held ??= readShown();
  if (performance.now() - ladder.pointedAt > RESTING_MILLISECONDS) ladder.held = listResting(asks, bids);
  return { asks: holdLevels(asks, ladder.held.asks, pricePlaces, lotPlaces), bids: holdLevels(bids, ladder.held.bids, pricePlaces, lotPlaces) };
}

/* Where the pointer rests, its row alone stands still: in a busy market no other would show what is there. */
function listResting(asks, bids) {
  const row = pointedRow(), side = row.parentElement.id, levels = { asks, bids }, held = { asks: listPrices(asks), bids: listPrices(bids) };
  held[side] = listAround(levels[side], unitsOf(row.dataset.price), levelRows[side].indexOf(row), side).slice(0, rowsShown);
  return held;
}
const listPrices = levels => levels.slice(0, rowsShown).map(level => level.ticks);

export function drawLadder() {
  const { book, trades, direction } = market();
  if (symbol && ladder.symbol !== symbol && ticket.grid?.symbol === symbol) offerSteps(ticket.grid);
  const { asks, bids } = listLevels(book), sums = { asks: runningSums(asks), bids: runningSums(bids) };
  const most = Math.max(sums.asks.at(-1) ?? 0, sums.bids.at(-1) ?? 0, 1), own = ownByLevel();
  drawSide("asks", asks, sums.asks, most, book.changed, own.sell);
  drawSide("bids", bids, sums.bids, most, book.changed, own.buy);
  book.changed.clear();
  endFlashes();
  drawMiddle(book.bids.levels[0], book.asks.levels[0], trades[0], direction);
  drawBalance(sums.asks.at(-1) ?? 0, sums.bids.at(-1) ?? 0);
  const count = book.asks.levels.length + book.bids.levels.length;
  show("book-size", `${count} ${count === 1 ? "level" : "levels"}`);
  drawSweepCost(book);
  drawBookState(book);
}

function drawBalance(ask, bid) {
  const bar = element("balance"), share = ask + bid ? (100 * bid) / (ask + bid) : 50;
  bar.style.width = `${share.toFixed(1)}%`;
  bar.parentElement.title = ask + bid ? `Of the quantity shown, ${Math.round(share)} % is bid and ${100 - Math.round(share)} % is offered` : "";
  bar.parentElement.style.visibility = ask + bid ? "" : "hidden";
}

const STEPS_OFFERED = [1, 10, 100, 1000, 10_000];

/* Steps of the price by which levels may be put together; the choice is kept by symbol. */
function offerSteps(grid) {
  ladder.symbol = symbol;
  ladder.held = null;
  const select = element("book-step"), kept = Number(store.read(`step.${symbol}`) ?? grid.tick);
  makeOptions(select, STEPS_OFFERED.map(times => [String(times * grid.tick), shorten(fromUnits(times * grid.tick, grid.pricePlaces))]));
  ladder.step = STEPS_OFFERED.some(times => times * grid.tick === kept) ? kept : grid.tick;
  select.value = String(ladder.step);
}

export function chooseStep(step) {
  store.write(`step.${symbol}`, String(step));
  Object.assign(ladder, { step, held: null });
  draw();
}

/** `row`: the one under the pointer, or the key's; null: none. */
export function pointAtLadder(row) {
  if (!row || row !== ladder.hovered) ladder.pointedAt = performance.now();  // a figure that changes under the pointer is no new row
  ladder.hovered = row;
  if (isLadderHeld()) ladder.held ??= readShown();
  draw();
}

/* What it would cost to trade through to the row under the pointer, or under a key's focus. */
function drawSweepCost(book) {
  const row = pointedRow(), ticks = row?.dataset.price && unitsOf(row.dataset.price);
  if (!ticks) { show("sweep-cost", ""); return; }
  const isAsk = row.parentElement.id === "asks", walk = walkBook((isAsk ? book.asks : book.bids).levels, isAsk ? "buy" : "sell", Number.MAX_SAFE_INTEGER, ticks), { grid } = ticket;
  if (!walk.count || !grid) { show("sweep-cost", "nothing there any more"); return; }
  const average = shorten(fromUnits(averageTenths(walk), grid.pricePlaces + 1)), total = shorten(fromUnits(Number(walk.notional), grid.pricePlaces + grid.lotPlaces).replace(/(\.\d\d)\d*$/, "$1"));
  show("sweep-cost", `${isAsk ? "Buy" : "Sell"} through: ${shorten(fromUnits(walk.taken, grid.lotPlaces))} ${grid.base} at ${average} on average, ${total} ${grid.quote}, ${slippage(walk).toFixed(1)} bp`);
}

/* Whether the ticket's order would take this level. */
const isSweptAt = (side, ticks) => preview.side === side && (side === "asks" ? ticks <= preview.ticks : ticks >= preview.ticks);

function runningSums(levels) { let sum = 0; return levels.map(level => (sum += level?.lots ?? 0)); }

function drawSide(side, levels, sums, most, changed, own) {
  levelRows[side].forEach((row, index) => {
    if (index >= rowsShown) return;
    const level = levels[index], isSwept = level !== undefined && isSweptAt(side, level.ticks), mine = level && own.get(level.price);
    const state = level ? `${symbol} ${level.price} ${level.quantity} ${sums[index]} ${most} ${mine ?? ""} ${isSwept}` : "";
    if (row.drawn === state) return;
    row.drawn = state;
    row.toggleAttribute("data-empty", !level);
    row.toggleAttribute("data-swept", isSwept);
    row.toggleAttribute("data-gone", level?.lots === 0);
    if (!level) { row.dataset.price = ""; return; }
    fillLevel(row, side, level, sums[index], mine);
    row.style.setProperty("--depth", (sums[index] / most).toFixed(3));
    if (changed.has(level.price)) flash(row);
  });
}

function fillLevel(row, side, level, sum, mine) {
  const [name, , price, quantity, total] = row.children;
  if (row.dataset.price !== level.price) row.dataset.price = level.price;
  row.toggleAttribute("data-own", Boolean(mine));
  setText(price, group(level.price));
  setText(quantity, level.quantity);
  setText(total, fromUnits(sum, placesOf(level.quantity)));
  setText(name, `${side === "asks" ? "Ask" : "Bid"}${mine ? `, ${mine} of it yours` : ""}`);
  row.title = mine ? `Yours: ${mine}` : "";
}

export const motion = matchMedia("(prefers-reduced-motion: reduce)");
const FLASH_MILLISECONDS = 350;
const flashing = new Map();
/** @type {any} */
let flashTimer = 0;

/* A changed row is coloured for a moment. It goes out with a later drawing: an animation would have
   the whole page painted sixty times a second. */
function flash(row) {
  if (motion.matches) return;
  flashTimer ||= setTimeout(() => { flashTimer = 0; draw(); }, FLASH_MILLISECONDS);
  flashing.set(row, performance.now());
  row.toggleAttribute("data-flash", true);
}

function endFlashes() {
  const now = performance.now();
  for (const [row, began] of flashing) if (now - began >= FLASH_MILLISECONDS) { flashing.delete(row); row.toggleAttribute("data-flash", false); }
  if (flashing.size) flashTimer ||= setTimeout(() => { flashTimer = 0; draw(); }, FLASH_MILLISECONDS);
}

function drawMiddle(bid, ask, trade, direction) {
  const arrow = direction === "up" ? " ▲" : direction === "down" ? " ▼" : "";
  show("middle-last", trade ? `${group(trade.price)}${arrow}` : "–");
  element("middle-last").className = direction;
  if (!bid || !ask) { show("spread", bid || ask ? "one side only" : "the book is empty"); return; }
  const spread = ask.ticks - bid.ticks;
  const [amount, points] = [`spread ${fromUnits(spread, placesOf(ask.price))}`, ` · ${((10000 * spread) / bid.ticks).toFixed(2)} bp`];
  if (element("spread").textContent !== amount + points) element("spread").replaceChildren(amount, create("i", points, "bp"));
}

let ownKnown = { state: "", own: { buy: new Map(), sell: new Map() } };

function ownByLevel() {
  const state = `${ordersVersion} ${symbol} ${ladder.step}`;
  if (ownKnown.state !== state) ownKnown = { state, own: sumOwn() };
  return ownKnown.own;
}

function sumOwn() {
  const own = { buy: new Map(), sell: new Map() };
  for (const order of opened.values()) {
    if (order.symbol !== symbol || !order.price || order.triggered === false || !order.remaining_quantity) continue;
    const side = own[order.side], places = placesOf(order.remaining_quantity);
    const price = fromUnits(bucketOf(unitsOf(order.price), ladder.step, order.side === "buy" ? "bids" : "asks"), placesOf(order.price));
    side.set(price, fromUnits(toUnits(side.get(price) ?? "0", places) + unitsOf(order.remaining_quantity), places));
  }
  return own;
}

function drawBookState(book) {
  const isRight = book.isRight(), node = element("book-state"), isKnown = book.updateId !== null;
  node.dataset.kind = isRight ? "good" : "bad";
  setText(node.lastElementChild, isNotLive() || !isKnown ? "unknown" : `checksum ${isRight ? "✓" : "WRONG"}`);
  node.title = isNotLive() || !isKnown ? "Not live: whether this is still the exchange's book is not known" : `Update ${book.updateId}, checksum ${book.expected}: the book here is the exchange's, level by level`;
  if (!isRight) restartBook();
}
