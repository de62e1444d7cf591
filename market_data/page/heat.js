/* What waited in the book, behind the candles: each second's best levels, the more there is the stronger. */

import { HEAT_LEVELS, HEAT_SECONDS } from "./bounds.js";
import { interval, marketOf, symbol } from "./markets.js";
import { isLive } from "./state.js";
import { theme } from "./theme.js";
import { INTERVAL_SECONDS } from "./words.js";

/** @type {{ symbol: string, columns: { time: number, bids: Float32Array, asks: Float32Array }[], primitive: any }} */
export const heat = { symbol: "", columns: [], primitive: null };

/* A second of the book: prices for drawing, and lots. */
function recordHeat() {
  if (!isLive() || !symbol) return;
  if (heat.symbol !== symbol) Object.assign(heat, { symbol, columns: [] });
  const { book } = marketOf(symbol), read = levels => Float32Array.from(levels.slice(0, HEAT_LEVELS).flatMap(level => [Number(level.price), level.lots]));
  heat.columns.push({ time: Math.floor(Date.now() / 1000), bids: read(book.bids.levels), asks: read(book.asks.levels) });
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

/* Lots by rows of the screen, from prices and lots in turn: levels that lie over each other are one. */
function sumRows(levels, series) {
  const rows = new Map();
  for (let index = 0; index < levels.length; index += 2) {
    const y = series.priceToCoordinate(levels[index]), lots = levels[index + 1];
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
