import assert from "node:assert/strict";
import { test } from "node:test";

import { Book } from "../book.js";
import { affordableInBook, affordableLots, averageTenths, shareOfLots, slippage, walkBook } from "../sweep.js";
import { findWarnings } from "../warnings.js";

const grid = { symbol: "BTC-USDT", base: "BTC", quote: "USDT", pricePlaces: 2, lotPlaces: 5, tick: 1, lot: 1 };

function makeBook(asks, bids = []) {
  const book = new Book();
  book.load({ asks, bids, last_update_id: 1, checksum: 0 });
  return book;
}
const book = makeBook([["60000.00", "0.10000"], ["60010.00", "0.20000"], ["60100.00", "0.30000"]]);

test("an order walks the levels from the best on", () => {
  const walk = walkBook(book.asks.levels, "buy", 20_000);
  assert.equal(walk.taken, 20_000);
  assert.equal(walk.worst?.price, "60010.00");
  assert.equal(averageTenths(walk), 60_005_000);
  assert.equal(slippage(walk).toFixed(4), "0.8333");
});

test("a limit ends the walk, and the rest is left", () => {
  const walk = walkBook(book.asks.levels, "buy", 50_000, 6_001_000);
  assert.deepEqual([walk.taken, walk.left, walk.count], [30_000, 20_000, 2]);
  assert.equal(walkBook(book.asks.levels, "buy", 50_000, 5_999_999).worst, null);
});

test("what one can afford is whole steps, rounded down", () => {
  assert.equal(affordableLots(grid, "60000.00000000", "60000.00"), 100_000);
  assert.equal(affordableLots(grid, "59999.99999999", "60000.00"), 99_999);
  assert.equal(affordableLots(grid, "60000.00000000", "60000.00", 25), 25_000);
  assert.equal(affordableInBook(grid, book.asks.levels, "6000.00000000"), 10_000);
  assert.equal(affordableInBook(grid, book.asks.levels, "12001.00000000"), 20_000);
  assert.equal(affordableInBook(grid, book.asks.levels, "99999999.00000000"), 60_000);
  assert.equal(shareOfLots(grid, "1.50000000", 50), 75_000);
  assert.equal(shareOfLots({ ...grid, lot: 10_000 }, "1.55555555", 100), 150_000);
});

const order = fields => ({ side: "buy", order_type: "limit", quantity: "0.1", price: "60000.00", ...fields });
const warn = (fields, last = null, of = book) => findWarnings(order(fields), grid, of, last);

test("an ordinary order is not asked about", () => {
  assert.deepEqual(warn({}), []);
  assert.deepEqual(warn({ price: "59000.00", quantity: "500" }), []);
  assert.deepEqual(warn({ order_type: "market", price: undefined }), []);
  assert.deepEqual(warn({ order_type: "post_only", price: "90000.00" }), []);
  assert.deepEqual(warn({ order_type: "market", price: undefined }, null, makeBook([])), []);
});

test("a sweep, a far price and a far limit are asked about", () => {
  assert.match(warn({ order_type: "market", price: undefined, quantity: "500" })[0], /whole book has 0.6 BTC: all of it would trade, up to /);
  const far = makeBook([["60000.00", "0.1"], ["61000.00", "0.2"]].map(([price, quantity]) => [price, `${quantity}0000`]));
  assert.match(warn({ price: "61000.00", quantity: "0.2" }, null, far)[0], /167 bp from the best/);
  assert.match(warn({ price: "66000.00" })[0], /10.0 % through/);
  const many = makeBook(Array.from({ length: 10 }, (_, index) => [`6000${index}.00`, "0.10000"]));
  assert.match(warn({ price: "60009.00", quantity: "0.6" }, null, many)[0], /60 % of that side/);
});

test("a stop on the wrong side of the last price is asked about", () => {
  const stop = (side, type, price) => warn({ side, order_type: type, stop_price: price }, "60000.00").length;
  assert.equal(stop("buy", "stop_loss", "59000"), 1);
  assert.equal(stop("buy", "stop_loss", "61000"), 0);
  assert.equal(stop("sell", "stop_limit", "61000"), 1);
  assert.equal(stop("sell", "stop_loss", "59000"), 0);
  assert.equal(stop("buy", "take_profit", "61000"), 1);
  assert.equal(stop("sell", "take_profit_limit", "61000"), 0);
});
