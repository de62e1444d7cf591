import assert from "node:assert/strict";
import { test } from "node:test";

import { isRepair, readingsOf, readPasted } from "../readings.js";

test("a pasted number with one reading is that number", () => {
  for (const [text, meant] of [["50,000.00", "50000.00"], ["3000,5", "3000.5"], [" 60 000 ", "60000"], ["60.000,50", "60000.50"], ["1.5", "1.5"]]) assert.equal(readPasted(text), meant, text);
  for (const text of ["60,000", "1,2,3", "about 60", ""]) assert.equal(readPasted(text), null, text);
});

test("a reading stands once", () => assert.deepEqual(readingsOf("60,000"), ["60000", "60.000"]));

test("only what is near is a repair", () => {
  assert.ok(isRepair("60000.004", "60000.00"));
  assert.ok(!isRepair("9999999999", "10000000"));
});
