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

/** The levels at just these prices, whatever has become of them: where nothing is left, no quantity; without a price none.
 *  @param {Level[]} groups @param {(number | undefined)[]} held @param {number} pricePlaces @param {number} lotPlaces @returns {any[]} */
export function holdLevels(groups, held, pricePlaces, lotPlaces) {
  const known = new Map(groups.map(level => [level.ticks, level]));
  return held.map(ticks => ticks && (known.get(ticks) ?? { ticks, lots: 0, price: fromUnits(ticks, pricePlaces), quantity: fromUnits(0, lotPlaces) }));
}

/**
 * The prices of rows of which just row `index` keeps what it has: the levels that are next to it on either side of `ticks`,
 * and rows without a price where there are fewer better ones than rows. @param {Level[]} levels best first
 * @param {number} ticks @param {number} index @param {"asks" | "bids"} side @returns {(number | undefined)[]}
 */
export function listAround(levels, ticks, index, side) {
  const prices = levels.map(level => level.ticks), better = prices.filter(each => (side === "asks" ? each < ticks : each > ticks)), near = better.slice(Math.max(0, better.length - index));
  return [...Array(index - near.length), ...near, ticks, ...prices.slice(better.length).filter(each => each !== ticks)];
}
