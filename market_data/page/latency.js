/* Where the time of this page's orders goes: to the engine, to the answer, to the own stream and to the feed. */

import { JOURNEYS_KEPT } from "./bounds.js";
import { limitMap, show } from "./dom.js";
import { readTiming } from "./ways.js";

/** An order's way; all but `began` in milliseconds since that. `stamp` is the engine's, where its clock is this machine's; `spent` is what the gateway has measured.
 *  @typedef {{ id: string, name: string, symbol: string, price: string | null, began: number, stamp?: number, answered?: number, told?: number, fed?: number, spent?: Record<string, number> | null }} Journey */
/** The newest first. @type {Journey[]} */
export const journeys = [];
/** What is heard of an order before its answer has told its id. @type {Map<string, { told?: number, fed?: number }>} */
const early = new Map();

const EARLY_KEPT = 300, LONGEST_WAY = 10_000;

/** @returns {Journey} */
export function beginJourney(name, symbol, price) {
  journeys.unshift({ id: "", name, symbol, price, began: performance.now() });
  if (journeys.length > JOURNEYS_KEPT) journeys.length = JOURNEYS_KEPT;
  return journeys[0];
}

function markJourney(id, kind) {
  const now = performance.now(), journey = journeys.find(each => each.id === id);
  if (journey) journey[kind] ??= now - journey.began;
  else { early.set(id, { [kind]: now, ...early.get(id) }); limitMap(early, EARLY_KEPT); }
  return journey;
}

export const markTold = id => { markJourney(id, "told"); };

/** A trade of the feed shows the order that brought it about. */
export function markTraded(trade) {
  const journey = markJourney(trade.taker_order_id, "fed");
  if (journey) show("fill-latency", writeMilliseconds(journey.fed ?? 0));
}

/** An order that rests shows by its price in the feed's book. */
export function markBook({ symbol, bids, asks }) {
  const now = performance.now(), waiting = journeys.filter(each => each.fed === undefined && each.symbol === symbol && now - each.began < LONGEST_WAY);
  for (const journey of waiting) if ([...bids, ...asks].some(([price]) => price === journey.price)) journey.fed = now - journey.began;
}

export function endJourney(journey, id, took, timestamp, timing) {
  const out = readStamp(timestamp) - performance.timeOrigin - journey.began, known = early.get(id) ?? {};
  Object.assign(journey, { id, answered: took, stamp: out >= 0 && out <= took ? out : undefined, spent: readTiming(timing) });
  for (const [kind, at] of Object.entries(known)) journey[kind] ??= at - journey.began;
  show("answer-latency", writeMilliseconds(took) + (journey.stamp === undefined ? "" : ` (${out.toFixed(1)} there, ${(took - out).toFixed(1)} back)`));
  if (known.fed) show("fill-latency", writeMilliseconds(journey.fed ?? 0));
}

/** Another exchange. */
export function forgetJourneys() { journeys.length = 0; early.clear(); }

/* The engine's stamp in milliseconds, with what Date leaves out of it. */
function readStamp(timestamp) {
  const micros = /\.\d{3}(\d{3})/.exec(timestamp ?? "");
  return Date.parse(timestamp) + (micros ? Number(micros[1]) / 1000 : 0);
}

export const writeMilliseconds = value => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
