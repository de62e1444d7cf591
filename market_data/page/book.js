/* The book of one symbol, exact. */

import { CHECKED_LEVELS } from "./bounds.js";
import { unitsOf } from "./decimals.js";

const CRC_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});
export function crc32(text) {
  let value = 0xffffffff;
  for (let index = 0; index < text.length; index++) value = CRC_TABLE[(value ^ text.charCodeAt(index)) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/* One side, best first. A level is {price, quantity} as texts, and both as whole numbers. */
class BookSide {
  constructor(direction) { this.direction = direction; this.levels = []; }
  replace(pairs) { this.levels = []; for (const pair of pairs) this.set(...pair); }
  set(price, quantity) {
    const ticks = unitsOf(price), lots = unitsOf(quantity), index = this.find(ticks);
    const isThere = this.levels[index]?.ticks === ticks;
    if (lots === 0) { if (isThere) this.levels.splice(index, 1); return; }
    const level = { price, quantity, ticks, lots };
    this.levels.splice(index, isThere ? 1 : 0, level);
  }
  find(ticks) {
    let low = 0, high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.levels[middle].ticks - ticks) * this.direction < 0) low = middle + 1; else high = middle;
    }
    return low;
  }
  text() { return this.levels.slice(0, CHECKED_LEVELS).map(level => `${level.ticks}${level.lots}`).join(""); }
}

export class Book {
  constructor() {
    this.asks = new BookSide(1); this.bids = new BookSide(-1);
    this.updateId = null; this.expected = null; this.isChecked = false; this.changed = new Set();
  }
  load(message) {
    this.asks.replace(message.asks); this.bids.replace(message.bids);
    this.follow(message);
    this.changed.clear();
  }
  /* False: something is missing between this delta and what is here. */
  apply(message) {
    if (this.updateId === null || message.first_update_id !== this.updateId + 1) return false;
    for (const [price, quantity] of message.asks) { this.asks.set(price, quantity); this.changed.add(price); }
    for (const [price, quantity] of message.bids) { this.bids.set(price, quantity); this.changed.add(price); }
    this.follow(message);
    return true;
  }
  follow(message) { this.updateId = message.last_update_id; this.expected = message.checksum; this.isChecked = false; }
  /* Once a frame is enough: a wrong book does not become right again. */
  isRight() {
    if (!this.isChecked && this.updateId !== null) {
      this.isGood = crc32(this.asks.text() + this.bids.text()) === this.expected;
      this.isChecked = true;
    }
    return this.isGood !== false;
  }
}
