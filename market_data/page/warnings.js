/* What a trader would want to be asked about before it happens. */

import { FAR_BASIS_POINTS, FAR_LIMIT_BASIS_POINTS, GREAT_LEVELS, GREAT_SHARE } from "./bounds.js";
import { fromUnits, group, shorten, toUnits } from "./decimals.js";
import { basisPoints, walkBook } from "./sweep.js";
import { ORDER_TYPES } from "./words.js";

/**
 * Why an order should not be sent without a question; nothing: it may.
 * @param {any} order as it is sent @param {Grid} grid @param {import("./book.js").Book} book @param {string | null} last
 * @returns {string[]}
 */
export function findWarnings({ order_type: kind, ...fields }, grid, book, last) {
  const order = { ...fields, order_type: ORDER_TYPES[kind].as ?? kind }, type = ORDER_TYPES[order.order_type];
  if (type.stop) return warnOfStop(order, grid, last);
  if (order.order_type === "post_only") return [];
  const levels = (order.side === "buy" ? book.asks : book.bids).levels;
  if (!levels.length) return [];
  const limit = type.price ? toUnits(order.price, grid.pricePlaces) : null;
  const walk = walkBook(levels, order.side, toUnits(order.quantity, grid.lotPlaces), limit);
  return [...warnOfSweep(walk, grid, levels, limit), ...warnOfLimit(order, levels[0], limit)];
}

/* A stop that is reached already does not wait: it trades at once. */
function warnOfStop(order, grid, last) {
  if (!last || !order.stop_price) return [];  // one that follows is never reached at once
  const [stop, now] = [order.stop_price, last].map(price => toUnits(price, grid.pricePlaces));
  const waitsForRise = (order.side === "buy") === order.order_type.startsWith("stop");
  if (waitsForRise ? stop > now : stop < now) return [];
  return [`The last price ${group(last)} has reached this stop price already: it would act at once.`];
}

function warnOfSweep(walk, grid, levels, limit) {
  if (!walk.count) return [];
  const base = grid.base, found = [], points = basisPoints(walk.worst.ticks, walk.best.ticks);
  const all = levels.reduce((sum, level) => sum + level.lots, 0);
  if (limit === null && walk.left) found.push(`The whole book has ${shorten(fromUnits(walk.taken, grid.lotPlaces))} ${base}: all of it would trade, ${walk.worst.ticks < walk.best.ticks ? "down" : "up"} to ${group(walk.worst.price)}.`);
  else if (walk.count >= GREAT_LEVELS && walk.taken >= all * GREAT_SHARE) found.push(`It takes ${Math.round((100 * walk.taken) / all)} % of that side of the book, ${walk.count} levels.`);
  if (points > FAR_BASIS_POINTS) found.push(`Its worst price, ${group(walk.worst.price)}, is ${points.toFixed(0)} bp from the best.`);
  return found;
}

function warnOfLimit(order, best, limit) {
  if (limit === null || (order.side === "buy" ? limit <= best.ticks : limit >= best.ticks)) return [];
  const points = basisPoints(limit, best.ticks);
  return points > FAR_LIMIT_BASIS_POINTS ? [`The limit is ${(points / 100).toFixed(1)} % through the best price ${group(best.price)}.`] : [];
}
