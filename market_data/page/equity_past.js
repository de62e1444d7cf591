/* What an account was worth before this page looked, from its ledger and from candles. Numbers for the eye. */

/** @typedef {{ time: number, value: number }} Point in milliseconds since 1970 */

/**
 * The worth at each time: what is held now less what has changed since, at the price of that time. A time at which an
 * asset that is held had no price yet is left out.
 * @param {Map<string, number>} held now, by asset
 * @param {{ asset: string, amount: string, timestamp: string }[]} entries of the ledger, the newest first
 * @param {(asset: string, time: number) => number | null} findPrice
 * @param {number[]} times the oldest first
 * @returns {Point[]}
 */
export function rebuildPast(held, entries, findPrice, times) {
  const left = new Map(held), points = [];
  let next = 0;
  for (const time of [...times].reverse()) {
    for (; next < entries.length && Date.parse(entries[next].timestamp) > time; next++) {
      const { asset, amount } = entries[next];
      left.set(asset, (left.get(asset) ?? 0) - Number(amount));
    }
    const worths = [...left].filter(([, quantity]) => Math.abs(quantity) > 1e-9).map(([asset, quantity]) => [quantity, findPrice(asset, time)]);
    if (worths.every(([, price]) => price !== null)) points.push({ time, value: worths.reduce((sum, [quantity, price]) => sum + Number(quantity) * Number(price), 0) });
  }
  return points.reverse();
}

/** As many values, equally far apart in time, each the last one that was known. @param {Point[]} points @param {number} count */
export function resample(points, count) {
  if (points.length < 2) return points.map(point => point.value);
  const first = points[0].time, step = (points[points.length - 1].time - first) / (count - 1), values = [];
  for (let index = 0, place = 0; index < count; index++) {
    while (place + 1 < points.length && points[place + 1].time <= first + index * step + 1e-6) place++;
    values.push(points[place].value);
  }
  return values;
}

/** The price that a list of candles, the oldest first, ends with at a time. @param {Candle[]} candles @param {number} time */
export function findClose(candles, time) {
  let low = 0, high = candles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (candles[middle].start * 1000 <= time) low = middle + 1;
    else high = middle;
  }
  return low ? candles[low - 1].close : null;
}
