/* What is known, by symbol. */

import { Book } from "./book.js";
import { store } from "./dom.js";
import { INTERVALS } from "./words.js";

/** @type {Map<string, Market>} */
export const markets = new Map();
export let symbol = store.read("symbol");
export let interval = INTERVALS.includes(store.read("interval")) ? store.read("interval") : "1m";
/** @type {string[]} */
export let symbols = [];

/** @returns {Market} */
export function marketOf(name) {
  if (!markets.has(name)) {
    markets.set(name, { book: new Book(), trades: [], tradeId: 0, direction: "", bbo: null, ticker: null, candles: new Map(), drawn: 0 });
  }
  return /** @type {Market} */ (markets.get(name));
}
/** `replayed`: the market of an earlier moment, which is shown in place of the one that is. @type {{ replayed: Market | null }} */
export const view = { replayed: null };

/** What is shown of the symbol; what the feed does to it goes to `marketOf`. */
export const market = () => view.replayed ?? marketOf(symbol ?? "");

/** The last price of a symbol, shown or not. @returns {string | null} */
export const lastPrice = name => { const { trades, ticker } = marketOf(name); return trades[0]?.price ?? ticker?.last ?? null; };

/* What a price may be where nothing has traded yet. */
const STARTING_PRICES = { BTC: 60000, ETH: 3000, SOL: 150 };

/** The last price, the best one, or one to begin with. @param {Grid} grid */
export function guessPrice(grid) {
  const { book } = marketOf(grid.symbol), known = lastPrice(grid.symbol) ?? book.bids.levels[0]?.price ?? book.asks.levels[0]?.price;
  return known ?? (STARTING_PRICES[grid.base] ?? 100).toFixed(grid.pricePlaces);
}

export function setSymbol(name) { symbol = name; }
export function setSymbols(names) { symbols = names; }
export function setCandleInterval(name) { interval = name; }
