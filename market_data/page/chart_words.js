/* Times and prices as a chart writes them. */

import { group, MONTH_NAMES, pad } from "./decimals.js";

/** Parts of a moment, in seconds since 1970, by the clock that is chosen: UTC or this machine's. */
function partsOf(seconds, isUtc) {
  const date = new Date(seconds * 1000);
  return isUtc
    ? { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), hour: date.getUTCHours(), minute: date.getUTCMinutes(), second: date.getUTCSeconds() }
    : { year: date.getFullYear(), month: date.getMonth(), day: date.getDate(), hour: date.getHours(), minute: date.getMinutes(), second: date.getSeconds() };
}

/** A moment in full: the day, and the time unless candles are days. */
export function writeTime(seconds, step, isUtc) {
  const { day, month, year, hour, minute, second } = partsOf(seconds, isUtc), date = `${day} ${MONTH_NAMES[month]} ${year}`;
  if (step >= 86_400) return date;
  return `${date} ${pad(hour)}:${pad(minute)}${step < 60 ? `:${pad(second)}` : ""}`;
}

/** A mark of the time axis; `kind`: 0 year, 1 month, 2 day, 3 time, 4 time with seconds. */
export function writeMark(seconds, kind, isUtc) {
  const { day, month, year, hour, minute, second } = partsOf(seconds, isUtc);
  return [`${year}`, MONTH_NAMES[month], `${day} ${MONTH_NAMES[month]}`, `${pad(hour)}:${pad(minute)}`, `${pad(hour)}:${pad(minute)}:${pad(second)}`][kind];
}

export const writePrice = (value, places) => group(value.toFixed(places));
