/* How much stands before an own order at its price, at most: the feed tells of levels and trades, not of orders. */

import { fromUnits, placesOf, unitsOf } from "./decimals.js";
import { marketOf, symbol } from "./markets.js";
import { opened } from "./orders.js";

/** By order id: lots ahead, and since when it is known here. @type {Map<string, { lots: number, since: number }>} */
const ahead = new Map();

const SETTLED_MILLISECONDS = 1500;  // by then the book has the order too, which its report may be ahead of

/** A trade takes from the front of its level. */
export function passTrade(trade) {
  for (const [id, place] of ahead) {
    const order = opened.get(id);
    if (!order) { ahead.delete(id); continue; }
    if (order.symbol !== trade.symbol || order.price !== trade.price || (order.side === "buy") === (trade.aggressor_side === "buy")) continue;
    place.lots = trade.maker_order_id === id ? 0 : Math.max(0, place.lots - unitsOf(trade.quantity));
  }
}

/* Never more than the level has, less the order itself once the book has it. */
function findAhead(order, level) {
  const place = ahead.get(order.order_id) ?? { lots: level.lots, since: performance.now() };
  const own = performance.now() - place.since > SETTLED_MILLISECONDS ? unitsOf(order.remaining_quantity) : 0;
  place.lots = Math.max(0, Math.min(place.lots, level.lots - own));
  ahead.set(order.order_id, place);
  return place.lots;
}

/** What stands ahead of an own order, in words; only the symbol that is shown has a book here. */
export function writeAhead(order) {
  const { book } = marketOf(order.symbol), isKnown = order.symbol === symbol && book.updateId !== null;
  if (!isKnown || !order.price || order.triggered === false || !order.remaining_quantity) return "–";
  const side = order.side === "buy" ? book.bids : book.asks, ticks = unitsOf(order.price), level = side.levels[side.find(ticks)];
  if (level?.ticks !== ticks) return "–";
  const lots = findAhead(order, level);
  return lots ? `≤ ${fromUnits(lots, placesOf(order.quantity))}` : "first";
}
