/* What all that the account has is worth, and how that went since the page knows it. */

import { EQUITY_POINTS, EQUITY_SECONDS, PAST_ENTRIES, PAST_POINTS } from "./bounds.js";
import { group } from "./decimals.js";
import { findClose, rebuildPast } from "./equity_past.js";
import { call, gateway, Unreachable } from "./gateway.js";
import { lastPrice, symbol } from "./markets.js";
import { money } from "./money.js";
import { readCandle, readFeed } from "./past.js";
import { INTERVALS, INTERVAL_SECONDS } from "./words.js";

/** `values`: one every `every` seconds since the page knows it, `past`: what the archive tells of before; `scope` what they
 *  are of, in which assets. Numbers for the eye.
 *  @type {{ values: number[], past: import("./equity_past.js").Point[], every: number, since: number, scope: string, quote: string, missing: string[], age: number }} */
export const equity = { values: [], past: [], every: EQUITY_SECONDS, since: 0, scope: "", quote: "", missing: [], age: 0 };

/** The whole line, the oldest first. */
export const listEquity = () => [...equity.past, ...equity.values.map((value, index) => ({ time: equity.since + 1000 * index * equity.every, value }))];

/** An asset's price in the quote asset; null: nothing has traded yet. */
export function priceOf(asset, quote) {
  if (asset === quote) return 1;
  const grid = [...gateway.instruments.values()].find(each => each.base === asset && each.quote === quote), last = grid && lastPrice(grid.symbol);
  return last ? Number(last) : null;
}

const held = ({ free, locked }) => Number(free) + Number(locked);

/** What a balance is worth in the quote asset, in words. */
export function writeWorth(asset, balance) {
  const price = priceOf(asset, equity.quote);
  return price === null ? "–" : group((held(balance) * price).toFixed(2));
}

/* Twice as far apart whenever they become too many. */
function keepPoint(value) {
  if (equity.age++ % (equity.every / EQUITY_SECONDS)) return;
  equity.values.push(value);
  if (equity.values.length < EQUITY_POINTS) return;
  equity.values = equity.values.filter((each, index) => index % 2 === 0);
  equity.every *= 2;
}

/* An asset that gets its first price, or another account, begins a new line. */
function measureEquity() {
  equity.quote = gateway.instruments.get(symbol)?.quote ?? "";
  const priced = [...money.balances].filter(([asset]) => priceOf(asset, equity.quote) !== null), scope = `${gateway.account} ${gateway.key} ${priced.map(([asset]) => asset)} ${equity.quote}`;
  equity.missing = [...money.balances].filter(([asset, balance]) => held(balance) && priceOf(asset, equity.quote) === null).map(([asset]) => asset);
  if (scope !== equity.scope) {
    Object.assign(equity, { scope, values: [], past: [], every: EQUITY_SECONDS, since: Date.now(), age: 0 });
    if (priced.length) loadPast();
  }
  if (priced.length) keepPoint(priced.reduce((sum, [asset, balance]) => sum + held(balance) * /** @type {number} */ (priceOf(asset, equity.quote)), 0));
}

/* From its ledger, as far back as a page of that reaches, and candles that are as fine as they can be for so long. */
async function loadPast() {
  const { scope, quote, since } = equity;
  try {
    const { isGood, answer } = await call("GET", `/v1/ledger?limit=${PAST_ENTRIES}`);
    if (!isGood || !answer.entries.length || answer.sequence < money.sequence) return;
    const entries = answer.entries.filter(entry => entry.sequence <= money.sequence), amounts = new Map([...money.balances].map(([asset, balance]) => [asset, held(balance)]));
    const oldest = Date.parse(entries[entries.length - 1]?.timestamp), span = (since - oldest) / 1000 / PAST_POINTS;
    const interval = INTERVALS.find(name => INTERVAL_SECONDS[name] >= span) ?? "1d", step = 1000 * INTERVAL_SECONDS[interval], closes = await readCloses(quote, interval);
    const times = Array.from({ length: PAST_POINTS }, (_, index) => since - (PAST_POINTS - index) * step).filter(time => time >= oldest);
    const findPrice = (asset, time) => (asset === quote ? 1 : closes.has(asset) ? findClose(closes.get(asset), time) : 0);
    if (equity.scope === scope && equity.since === since) equity.past = rebuildPast(amounts, entries, findPrice, times);
  } catch (error) { if (!(error instanceof Unreachable)) throw error; }
}

/* By asset; one without a market in the quote asset counts nothing. */
async function readCloses(quote, interval) {
  const grids = [...gateway.instruments.values()].filter(grid => grid.quote === quote && lastPrice(grid.symbol));
  const answers = await Promise.all(grids.map(grid => readFeed(`/v1/candles/${encodeURIComponent(grid.symbol)}?interval=${interval}&limit=${PAST_POINTS + 1}`)));
  return new Map(grids.map((grid, index) => [grid.base, (answers[index]?.candles ?? []).map(readCandle)]));
}

setInterval(measureEquity, EQUITY_SECONDS * 1000);
