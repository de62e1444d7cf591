/* Price levels put together by steps of the price: exact sums, each at the price that its orders reach at worst. */

import { fromUnits, placesOf } from "./decimals.js";

/** The step's price, in units, at which an order of `ticks` is counted: asks upward, bids downward. */
export const bucketOf = (ticks, step, side) => (side === "asks" ? Math.ceil(ticks / step) : Math.floor(ticks / step)) * step;

/**
 * The best `count` groups of `levels`. @param {Level[]} levels best first @param {number} step in units of the price's places
 * @param {"asks" | "bids"} side @param {number} count @returns {Level[]}
 */
export function groupLevels(levels, step, side, count) {
  if (step <= 1) return levels.slice(0, count);
  const groups = [];
  for (const level of levels) {
    const ticks = bucketOf(level.ticks, step, side), last = groups[groups.length - 1];
    if (last?.ticks === ticks) { last.lots += level.lots; continue; }
    if (groups.length === count) break;
    groups.push({ ticks, lots: level.lots, price: fromUnits(ticks, placesOf(level.price)), quantity: "" });
  }
  const places = levels.length ? placesOf(levels[0].quantity) : 0;
  for (const each of groups) each.quantity = fromUnits(each.lots, places);
  return groups;
}

/** The levels at just these prices, whatever has become of them: where nothing is left, no quantity. */
export function holdLevels(groups, held, pricePlaces, lotPlaces) {
  const known = new Map(groups.map(level => [level.ticks, level]));
  return held.map(ticks => known.get(ticks) ?? { ticks, lots: 0, price: fromUnits(ticks, pricePlaces), quantity: fromUnits(0, lotPlaces) });
}
