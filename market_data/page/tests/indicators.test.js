import assert from "node:assert/strict";
import { test } from "node:test";

import { computeEma, computeRsi, computeVwap } from "../indicators.js";

const candles = closes => closes.map((close, index) => ({ start: index * 60, open: close, high: close, low: close, close, volume: 1 }));

test("an average begins where there are candles enough, and follows", () => {
  const line = computeEma(candles([1, 2, 3, 10]), 3);
  assert.deepEqual(line.map(point => [point.time, point.value]), [[120, 2], [180, 6]]);
});

test("the price by volume begins anew each day", () => {
  const list = [{ start: 86_340, high: 10, low: 10, close: 10, volume: 2 }, { start: 86_400, high: 20, low: 20, close: 20, volume: 1 }, { start: 86_460, high: 40, low: 40, close: 40, volume: 3 }];
  assert.deepEqual(computeVwap(list).map(point => point.value), [10, 20, 35]);
});

test("strength is between 0 and 100", () => {
  assert.equal(computeRsi(candles(Array.from({ length: 20 }, (_, index) => index))).at(-1)?.value, 100);
  assert.equal(computeRsi(candles(Array(20).fill(5))).at(-1)?.value, 50);
  assert.equal(computeRsi(candles([1, 2])).length, 0);
});
