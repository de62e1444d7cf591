import assert from "node:assert/strict";
import { test } from "node:test";

import { addDecimals, compact, fromUnits, group, isDecimal, multiply, placesOf, shorten, toUnits, unitsOf } from "../decimals.js";

test("a decimal becomes whole units of its places, and text again", () => {
  assert.equal(toUnits("60000.5", 2), 6000050);
  assert.equal(toUnits("0.00001", 5), 1);
  assert.equal(toUnits("1.239", 2), 123);
  assert.equal(fromUnits(6000050, 2), "60000.50");
  assert.equal(fromUnits(-5, 2), "-0.05");
  assert.equal(fromUnits(7, 0), "7");
  assert.equal(unitsOf("60000.01"), 6000001);
  assert.equal(placesOf("60000.01"), 2);
});

test("price times quantity is exact", () => {
  assert.equal(multiply("60000.01", "0.12345"), "7407.0012345");
  assert.equal(multiply("99999999.99", "99999999.99999"), "9999999998999000.0000001");
});

test("sums are exact, of either sign", () => {
  assert.equal(addDecimals("99999999999999.99999999", "0.00000001"), "100000000000000.00000000");
  assert.equal(addDecimals("0.25", "-0.75"), "-0.50");
  assert.equal(addDecimals("1", "2"), "3");
});

test("figures are written for readers", () => {
  assert.equal(group("1234567.50"), "1,234,567.50");
  assert.equal(group(null), "–");
  assert.equal(shorten("60000.5000"), "60,000.5");
  assert.equal(compact("1234567.5"), "1.235 M");
});

test("only a plain number is a decimal", () => {
  for (const text of ["1", "0.5", "60000.00"]) assert.ok(isDecimal(text), text);
  for (const text of ["", ".5", "1e5", "-1", "1,000", "1_000", "１"]) assert.ok(!isDecimal(text), text);
});
