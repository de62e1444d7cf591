/* What an order would meet in the book, and what one can afford there: exact. */

import { placesOf, toUnits } from "./decimals.js";

/**
 * Trade `lots` against `levels`, best first, no further than `limit` (ticks; null: as far as it takes).
 * @param {Level[]} levels the other side @param {Side} side the order's @param {number} lots @param {number | null} limit
 */
export function walkBook(levels, side, lots, limit = null) {
  let left = lots, notional = 0n, count = 0;
  for (const level of levels) {
    if (left === 0 || (limit !== null && isBeyond(level.ticks, limit, side))) break;
    const taken = Math.min(left, level.lots);
    notional += BigInt(level.ticks) * BigInt(taken);
    left -= taken;
    count++;
  }
  return { taken: lots - left, left, notional, count, best: levels[0], worst: count ? levels[count - 1] : null };
}

const isBeyond = (ticks, limit, side) => (side === "buy" ? ticks > limit : ticks < limit);

/** The average price in ticks, in tenths of them: 602114 is 60211.4. */
export const averageTenths = walk => Number((walk.notional * 10n + BigInt(walk.taken) / 2n) / BigInt(walk.taken));

/** How far `ticks` is from `best`, in basis points. */
export const basisPoints = (ticks, best) => (10000 * Math.abs(ticks - best)) / best;

/** The average's distance from the best price, in basis points. */
export const slippage = walk => basisPoints(averageTenths(walk) / 10, walk.best.ticks);

/**
 * The lots that `percent` of `free` can buy at `price` (both decimal texts), whole steps of the grid.
 * @param {Grid} grid @param {string} free @param {string} price
 */
export function affordableLots(grid, free, price, percent = 100) {
  const places = placesOf(free), ticks = BigInt(toUnits(price, grid.pricePlaces));
  if (ticks === 0n) return 0;
  const budget = BigInt(free.replace(".", "")) * BigInt(percent) * 10n ** BigInt(grid.pricePlaces + grid.lotPlaces);
  return wholeSteps(Number(budget / (ticks * 100n * 10n ** BigInt(places))), grid.lot);
}

/** The lots that `percent` of `free` buys in the book: as many of the best levels as it pays for. */
export function affordableInBook(grid, levels, free, percent = 100) {
  const places = placesOf(free), scale = 10n ** BigInt(places) * 100n;
  let budget = BigInt(free.replace(".", "")) * BigInt(percent) * 10n ** BigInt(grid.pricePlaces + grid.lotPlaces), lots = 0n;
  for (const level of levels) {
    const price = BigInt(level.ticks) * scale, taken = budget / price < BigInt(level.lots) ? budget / price : BigInt(level.lots);
    lots += taken;
    budget -= taken * price;
    if (taken < BigInt(level.lots)) break;
  }
  return wholeSteps(Number(lots), grid.lot);
}

/** `percent` of `free` of the base asset, in whole steps. */
export const shareOfLots = (grid, free, percent) => wholeSteps(Math.floor((toUnits(free, grid.lotPlaces) * percent) / 100), grid.lot);

const wholeSteps = (lots, step) => Math.floor(lots / step) * step;
