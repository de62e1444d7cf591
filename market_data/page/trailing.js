/* Stops that follow the market. No report tells how a trade has moved one: it is worked out from the trades. */

import { fromUnits, group, toUnits } from "./decimals.js";

/** Orders that follow, by id, with their stop price now; null before they begin. @type {Map<string, { symbol: string, side: Side, stop: string | null }>} */
const followed = new Map();

/** Whether an order's stop price follows and has not been reached. @param {any} order */
export const isTrailing = order => Boolean(order?.trailing_offset) && order.triggered !== true;

/**
 * The stop price that stays behind an extreme price, rounded away from it to a tick; null if there is none above zero.
 * @param {string} extreme @param {Side} side @param {string} offset @param {string} kind `basis_points` or `price` @param {Grid} grid
 */
export function stopBehind(extreme, side, offset, kind, grid) {
  const price = BigInt(toUnits(extreme, grid.pricePlaces)), tick = BigInt(grid.tick), sign = side === "sell" ? -1n : 1n;
  const exact = kind === "price" ? (price + sign * BigInt(toUnits(offset, grid.pricePlaces))) * 10_000n : price * (10_000n + sign * BigInt(offset));
  const ticks = side === "sell" ? exact / (10_000n * tick) : (exact + 10_000n * tick - 1n) / (10_000n * tick);
  return ticks > 0n ? fromUnits(Number(ticks * tick), grid.pricePlaces) : null;
}

/** What an order's report says of its stop price, unless the trades have moved it further since. @param {any} order @param {boolean} isOpen */
export function noteTrailing(order, isOpen) {
  if (!isOpen || !isTrailing(order)) { followed.delete(order.order_id); return; }
  const known = followed.get(order.order_id), told = order.stop_price ?? null;
  if (!known) followed.set(order.order_id, { symbol: order.symbol, side: order.side, stop: told });
  else if (isFurther(told, known)) known.stop = told;
}

const isFurther = (price, { side, stop }) => price !== null && (stop === null || (side === "sell" ? Number(price) > Number(stop) : Number(price) < Number(stop)));

/** A trade, or one that was missed; `find` returns an order's terms. Returns whether a stop has moved. */
export function followTrade({ symbol, price, timestamp }, find, grid) {
  let hasMoved = false;
  for (const [id, known] of followed) {
    const order = known.symbol === symbol && find(id);
    if (!order || !grid || timestamp < order.timestamp || (known.stop === null && order.activation_price)) continue;
    const stop = stopBehind(price, order.side, order.trailing_offset, order.trailing_offset_type, grid);
    if (isFurther(stop, known)) { known.stop = stop; hasMoved = true; }
  }
  return hasMoved;
}

export const forgetTrailing = () => followed.clear();

/** The stop price of an order now, as far as this page knows. @param {any} order @returns {string | null} */
export const stopOf = order => followed.get(order.order_id)?.stop ?? order.stop_price ?? null;

export const offsetWord = ({ trailing_offset: offset, trailing_offset_type: kind }) => (kind === "price" ? group(offset) : `${offset} bp`);

/** Where it stands: `isSure` while the symbol's trades are seen. @param {any} order @param {boolean} isSure */
export function trailWord(order, isSure) {
  const stop = stopOf(order), behind = `${offsetWord(order)} behind`;
  if (stop !== null) return `stop ${group(stop)}${isSure ? "" : " or nearer"}, ${behind}`;
  return order.activation_price ? `from ${group(order.activation_price)} on ${behind}` : `${behind} the next trade`;
}
