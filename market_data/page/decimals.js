/* Decimals: the exchange's own places make every price and quantity a whole number. */


export const placesOf = text => (text.includes(".") ? text.length - text.indexOf(".") - 1 : 0);
export const isDecimal = text => /^\d{1,15}(\.\d{1,18})?$/.test(text);
export const unitsOf = text => Number(text.replace(".", ""));
export function toUnits(text, places) {
  const [whole, fraction = ""] = text.split(".");
  return Number(whole + fraction.slice(0, places).padEnd(places, "0"));
}
export function fromUnits(units, places) {
  const digits = String(Math.abs(Number(units))).padStart(places + 1, "0");
  const sign = units < 0 ? "-" : "";
  return sign + (places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits);
}
export function group(text) {  // 60000.00 -> 60,000.00
  if (text === null || text === undefined || text === "") return "–";
  const [whole, fraction] = String(text).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
export function shorten(text) {  // trailing zeros say nothing in a sentence
  const plain = text && text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  return group(plain);
}
export function compact(text) {  // 1234567.5 -> 1.235 M
  const value = Number(text), [unit, name] = value >= 1e9 ? [1e9, " G"] : value >= 1e6 ? [1e6, " M"] : [1, ""];
  return `${group(String(Number((value / unit).toFixed(value / unit >= 1000 ? 0 : value / unit >= 100 ? 1 : 3))))}${name}`;
}
export function multiply(price, quantity) {
  const places = placesOf(price) + placesOf(quantity);
  const digits = (BigInt(price.replace(".", "")) * BigInt(quantity.replace(".", ""))).toString().padStart(places + 1, "0");
  return places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
}
/** Of two with as many places. */
export function addDecimals(one, other) {
  const sum = BigInt(one.replace(".", "")) + BigInt(other.replace(".", "")), places = placesOf(one);
  const digits = String(sum < 0n ? -sum : sum).padStart(places + 1, "0"), sign = sum < 0n ? "-" : "";
  return sign + (places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits);
}
/** With no more than so many places, the rest cut off. */
export const cutPlaces = (text, places) => (text.includes(".") ? text.slice(0, text.indexOf(".") + 1 + places) : text);
export const pad = number => String(number).padStart(2, "0");

/** The local time of day of a timestamp; Intl would take longer than all else in a row of the tape. */
export const clock = timestamp => {
  const date = new Date(timestamp);
  return isNaN(date.valueOf()) ? "" : `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
};

export const MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Day and time of a timestamp: 30 Nov 16:05:24. */
export function writeMoment(timestamp) {
  const date = new Date(timestamp);
  return isNaN(date.valueOf()) ? "" : `${date.getDate()} ${MONTH_NAMES[date.getMonth()]} ${clock(timestamp)}`;
}

/** How long ago a timestamp is, in its greatest unit: 5 min. */
export function writeAge(timestamp, now = Date.now()) {
  const seconds = Math.max(0, (now - Date.parse(timestamp)) / 1000);
  if (!Number.isFinite(seconds)) return "";
  const [unit, name] = seconds < 60 ? [1, "s"] : seconds < 3600 ? [60, "min"] : seconds < 86_400 ? [3600, "h"] : [86_400, "d"];
  return `${Math.floor(seconds / unit)} ${name}`;
}
