import assert from "node:assert/strict";
import { test } from "node:test";

import { findClose, rebuildPast, resample } from "../equity_past.js";

const at = second => Date.parse(`2026-01-01T00:00:${String(second).padStart(2, "0")}Z`);
const entry = (second, asset, amount) => ({ asset, amount, timestamp: new Date(at(second)).toISOString() });
const candles = [[0, 100], [10, 110], [20, 90]].map(([second, close]) => ({ start: at(second) / 1000, open: close, high: close, low: close, close, volume: 1 }));
const findPrice = (asset, time) => (asset === "USDT" ? 1 : findClose(candles, time));

test("the past is what is held now less what has changed since, at the prices of then", () => {
  const entries = [entry(15, "BTC", "2"), entry(15, "USDT", "-220"), entry(1, "USDT", "1000")];
  const past = rebuildPast(new Map([["USDT", 780], ["BTC", 2]]), entries, findPrice, [1, 12, 16, 25].map(at));
  assert.deepEqual(past.map(({ time, value }) => [time, value]), [[at(1), 1000], [at(12), 1000], [at(16), 1000], [at(25), 960]]);
});

test("a time before an asset had a price is left out", () => {
  assert.deepEqual(rebuildPast(new Map([["BTC", 1]]), [], findPrice, [at(0) - 1, at(0)]), [{ time: at(0), value: 100 }]);
});

test("a line's values are equally far apart", () => {
  const points = [{ time: 0, value: 1 }, { time: 10, value: 2 }, { time: 100, value: 3 }];
  assert.deepEqual(resample(points, 11), [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
  assert.deepEqual(resample([{ time: 0, value: 1 }], 5), [1]);
});
