/* What waited in the book, behind the candles: each second's best levels, the more there is the stronger. */

import { HEAT_LEVELS, HEAT_SECONDS } from "./bounds.js";
import { interval, marketOf, symbol } from "./markets.js";
import { isLive } from "./state.js";
import { theme } from "./theme.js";
import { INTERVAL_SECONDS } from "./words.js";

/* Each side of a second has so many numbers, prices for drawing and lots in turn; a price of 0 is the end. All seconds are in
   one array, the newest in the place of the oldest: two arrays a second would be most of what the page keeps. */
const NUMBERS = 2 * HEAT_LEVELS, kept = new Float32Array(HEAT_SECONDS * 2 * NUMBERS);

/** `bids` and `asks` are places in the array. @type {{ symbol: string, columns: { time: number, bids: number, asks: number }[], seconds: number, primitive: any }} */
export const heat = { symbol: "", columns: [], seconds: 0, primitive: null };

function keepSide(levels, place) {
  kept.fill(0, place, place + NUMBERS);
  levels.slice(0, HEAT_LEVELS).forEach((level, index) => { kept[place + 2 * index] = Number(level.price); kept[place + 2 * index + 1] = level.lots; });
}

/* A second of the book. */
function recordHeat() {
  if (!isLive() || !symbol) return;
  if (heat.symbol !== symbol) Object.assign(heat, { symbol, columns: [] });
  const { book } = marketOf(symbol), bids = (heat.seconds++ % HEAT_SECONDS) * 2 * NUMBERS, asks = bids + NUMBERS;
  keepSide(book.bids.levels, bids);
  keepSide(book.asks.levels, asks);
  heat.columns.push({ time: Math.floor(Date.now() / 1000), bids, asks });
  if (heat.columns.length > HEAT_SECONDS) heat.columns.shift();
}

const HEIGHT = 3;  // pixels of a level

/** What the chart's library draws under the candles. */
export function makeHeat(chart, series) {
  const paint = target => target.useBitmapCoordinateSpace(scope => paintHeat(scope, chart, series));
  const view = { zOrder: () => "bottom", renderer: () => ({ draw: paint }) };
  return heat.primitive = { paneViews: () => [view], updateAllViews() {} };
}

/* Of the seconds of a candle, its last. */
function listColumns() {
  const step = INTERVAL_SECONDS[interval], byBar = new Map();
  for (const column of heat.columns) byBar.set(Math.floor(column.time / step) * step, column);
  return heat.symbol === symbol ? byBar : new Map();
}

/* Lots by rows of the screen, of the side that is kept at `place`: levels that lie over each other are one. */
function sumRows(place, series) {
  const rows = new Map();
  for (let index = place; index < place + NUMBERS && kept[index]; index += 2) {
    const y = series.priceToCoordinate(kept[index]), lots = kept[index + 1];
    if (y !== null) rows.set(Math.round(y / HEIGHT), (rows.get(Math.round(y / HEIGHT)) ?? 0) + lots);
  }
  return rows;
}

function paintHeat({ context, horizontalPixelRatio, verticalPixelRatio }, chart, series) {
  const time = chart.timeScale(), width = Math.max(1, time.options().barSpacing * horizontalPixelRatio), drawn = [];
  let most = 1;
  for (const [bar, column] of listColumns()) {
    const x = time.timeToCoordinate(bar);
    if (x === null) continue;
    for (const side of ["bids", "asks"]) for (const [row, lots] of sumRows(column[side], series)) { drawn.push([x, row, lots, side]); most = Math.max(most, lots); }
  }
  context.save();
  for (const [x, row, lots, side] of drawn) {
    context.globalAlpha = 0.04 + 0.5 * (lots / most) ** 1.2;
    context.fillStyle = theme.colours[side === "bids" ? "bid" : "ask"];
    context.fillRect(Math.round(x * horizontalPixelRatio - width / 2), Math.round((row - 0.5) * HEIGHT * verticalPixelRatio), Math.ceil(width), Math.ceil(HEIGHT * verticalPixelRatio));
  }
  context.restore();
}

setInterval(recordHeat, 1000);
