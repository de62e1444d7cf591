/* What may have been meant by a number that is not a plain one. */

import { isDecimal } from "./decimals.js";

/* 3000,5 has one reading; 60,000 is sixty thousand to some and sixty to others. */
export function readingsOf(text) {
  const plain = text.replace(/(\d)[\s_'’](?=\d{3}(\D|$))/g, "$1").trim();
  const readings = [/^[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(plain) && plain.replaceAll(",", ""), /^\d+(\.\d{3})*,\d+$/.test(plain) && plain.replaceAll(".", "").replace(",", "."), plain];
  return [...new Set(readings)].filter(reading => reading && isDecimal(reading));
}

/** The plain number of a pasted text that can be read in one way only; else null. */
export function readPasted(text) {
  const readings = readingsOf(text.trim());
  return readings.length === 1 ? readings[0] : null;
}

/** Whether `nearest` is a repair of `text`, and not another order: no further away than a hundredth. */
export const isRepair = (text, nearest) => isDecimal(text) && isDecimal(nearest) && Math.abs(Number(nearest) - Number(text)) <= Number(text) / 100;
