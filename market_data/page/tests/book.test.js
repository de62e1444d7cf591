import assert from "node:assert/strict";
import { test } from "node:test";

import { Book, crc32 } from "../book.js";

const snapshot = { asks: [["100.20", "1.000"], ["100.10", "2.000"]], bids: [["99.90", "3.000"], ["100.00", "4.000"]], last_update_id: 7, checksum: 0 };

test("each side is kept best first, whatever the order in which its levels come", () => {
  const book = new Book();
  book.load(snapshot);
  assert.deepEqual(book.asks.levels.map(level => level.price), ["100.10", "100.20"]);
  assert.deepEqual(book.bids.levels.map(level => level.price), ["100.00", "99.90"]);
});

test("a delta replaces, adds and takes away levels, and only the next one is taken", () => {
  const book = new Book();
  book.load(snapshot);
  const delta = { asks: [["100.10", "0.000"], ["100.15", "5.000"]], bids: [["99.90", "3.500"]], first_update_id: 8, last_update_id: 9, checksum: 0 };
  assert.ok(book.apply(delta));
  assert.deepEqual(book.asks.levels.map(level => level.price), ["100.15", "100.20"]);
  assert.equal(book.bids.levels[1].quantity, "3.500");
  assert.ok(!book.apply(delta));
  assert.ok(!book.apply({ ...delta, first_update_id: 11 }));
});

test("the checksum is of ticks and lots of the best levels", () => {
  assert.equal(crc32("123456789"), 0xcbf43926);
  const book = new Book();
  book.load({ ...snapshot, checksum: crc32("10010200010020100010000400099903000") });
  assert.ok(book.isRight());
  book.load({ ...snapshot, checksum: 1 });
  assert.ok(!book.isRight());
});
