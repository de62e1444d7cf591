/* The past, by REST, from where the feed is. */

import { CANDLES_KEPT, REQUEST_SECONDS, TRADES_KEPT } from "./bounds.js";
import { feed, passTrades } from "./feed.js";
import { draw } from "./frames.js";
import { INTERVAL_SECONDS } from "./words.js";
import { interval, marketOf, symbol } from "./markets.js";
import { followStops } from "./orders.js";

export const restUrl = path => new URL(path, feed.url.replace(/^ws/, "http")).href;

export async function readFeed(path) {
  try {
    const response = await fetch(restUrl(path), { signal: AbortSignal.timeout(REQUEST_SECONDS * 1000) });
    return response.ok ? await response.json() : null;
  } catch { return null; }  // the connection is going; its own state says so
}

export async function loadTrades() {
  const name = symbol, answer = await readFeed(`/v1/trades/${encodeURIComponent(name)}?limit=${TRADES_KEPT}`);
  if (!answer) return;
  const known = marketOf(name), byId = new Map([...known.trades, ...answer.trades].map(trade => [trade.trade_id, trade]));
  known.trades = [...byId.values()].sort((left, right) => right.trade_id - left.trade_id).slice(0, TRADES_KEPT);
  passTrades(known, known.trades[0]?.trade_id ?? 0);
  followStops(known.trades);
  draw();
}

export async function loadCandles() {
  const name = symbol, wanted = interval;
  const answer = await readFeed(`/v1/candles/${encodeURIComponent(name)}?interval=${wanted}&limit=500`);
  if (!answer) return;
  for (const candle of answer.candles) takeCandle(name, wanted, candle, true);
  draw();
}

let isLoadingOlder = false;

/* Those before the first one that is here; the archive has them as long as there are any. */
export async function loadOlderCandles() {
  const name = symbol, wanted = interval, list = marketOf(name).candles.get(wanted);
  if (isLoadingOlder || !list?.length || list.isWhole || list.length >= CANDLES_KEPT) return;
  isLoadingOlder = true;
  const end = new Date(list[0].start * 1000).toISOString();
  const answer = await readFeed(`/v1/candles/${encodeURIComponent(name)}?interval=${wanted}&limit=1000&end=${end}`);
  isLoadingOlder = false;
  if (!answer || marketOf(name).candles.get(wanted) !== list) return;
  const older = answer.candles.map(readCandle).filter(candle => candle.start < list[0].start);
  list.unshift(...older);
  list.isWhole = !older.length;
  draw();
}

/** @returns {Candle} */
export const readCandle = ({ start, open, high, low, close, volume }) => ({ start: Date.parse(start) / 1000, open: +open, high: +high, low: +low, close: +close, volume: +volume });

/* What the channel says of an interval is newer than what the history said. */
export function takeCandle(name, wanted, candle, isHistory = false) {
  const { candles } = marketOf(name);
  if (!candles.has(wanted)) candles.set(wanted, []);
  /** @type {any} */
  const list = candles.get(wanted), values = readCandle(candle);
  let index = list.length;
  while (index && list[index - 1].start >= values.start) index--;
  const isThere = list[index]?.start === values.start;
  if (isThere && isHistory) return;
  if (index < list.length - 1) list.revision = (list.revision ?? 0) + 1;
  list.splice(index, isThere ? 1 : 0, values);
  if (list.length > CANDLES_KEPT) list.shift();
}

/* A trade is in the running candle at once; the channel tells of the candle a moment later. */
export function extendCandle(trade) {
  const list = marketOf(trade.symbol).candles.get(interval), last = list?.at(-1), price = Number(trade.price);
  if (!list || !last || trade.symbol !== symbol) return;
  const step = INTERVAL_SECONDS[interval], start = Math.floor(Date.parse(trade.timestamp) / 1000 / step) * step;
  if (start > last.start) list.push({ start, open: price, high: price, low: price, close: price, volume: Number(trade.quantity) });
  else if (start === last.start) Object.assign(last, { close: price, high: Math.max(last.high, price), low: Math.min(last.low, price) });
}
