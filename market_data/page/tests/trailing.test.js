import assert from "node:assert/strict";
import { test } from "node:test";

import { followTrade, forgetTrailing, noteTrailing, stopBehind, stopOf, trailWord } from "../trailing.js";

/** @type {Grid} */
const grid = { symbol: "BTC-USDT", base: "BTC", quote: "USDT", pricePlaces: 2, lotPlaces: 5, tick: 50, lot: 1 };
const sell = { order_id: "1", symbol: "BTC-USDT", side: "sell", trailing_offset: "50", trailing_offset_type: "basis_points", stop_price: "59700.00", triggered: false, timestamp: "2026-01-01T00:00:01.000000Z" };
const trade = (price, second = 2, symbol = "BTC-USDT") => ({ symbol, price, timestamp: `2026-01-01T00:00:0${second}.000000Z` });

function follow(order, ...trades) {
  forgetTrailing();
  noteTrailing(order, true);
  return trades.map(each => followTrade(each, () => order, grid));
}

test("a stop is rounded away from the price that it follows", () => {
  assert.equal(stopBehind("60000.50", "sell", "50", "basis_points", grid), "59700.00");
  assert.equal(stopBehind("60000.50", "buy", "50", "basis_points", grid), "60301.00");
  assert.equal(stopBehind("60000.50", "sell", "10.50", "price", grid), "59990.00");
  assert.equal(stopBehind("1.00", "sell", "1.00", "price", grid), null);
});

test("trades move a stop one way alone, and only those since its report", () => {
  assert.deepEqual(follow(sell, trade("60500.00"), trade("60000.00"), trade("99999.00", 0), trade("99999.00", 2, "ETH-USDT")), [true, false, false, false]);
  assert.equal(stopOf(sell), "60197.50");
  noteTrailing({ ...sell, stop_price: "59700.00" }, true);
  assert.equal(stopOf(sell), "60197.50");
  noteTrailing({ ...sell, triggered: true }, true);
  assert.equal(stopOf(sell), "59700.00");
});

test("one that waits for its activation price follows nothing yet", () => {
  const waiting = { ...sell, stop_price: null, activation_price: "61000.00" };
  assert.deepEqual(follow(waiting, trade("60500.00")), [false]);
  assert.equal(trailWord(waiting, true), "from 61,000.00 on 50 bp behind");
  noteTrailing({ ...waiting, stop_price: "60695.00" }, true);
  assert.equal(trailWord(waiting, true), "stop 60,695.00, 50 bp behind");
});

test("one that came before the first trade follows from that on", () => {
  const early = { ...sell, side: "buy", stop_price: null, trailing_offset: "10.00", trailing_offset_type: "price" };
  assert.deepEqual(follow(early, trade("100.00"), trade("120.00"), trade("90.00")), [true, false, true]);
  assert.equal(trailWord(early, false), "stop 100.00 or nearer, 10.00 behind");
});
