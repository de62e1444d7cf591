import assert from "node:assert/strict";
import { test } from "node:test";

import { groupLevels, holdLevels, listAround } from "../grouping.js";

const level = (price, quantity) => ({ price, quantity, ticks: Number(price.replace(".", "")), lots: Number(quantity.replace(".", "")) });
const asks = [level("100.01", "1.0"), level("100.09", "2.0"), level("100.11", "4.0"), level("101.00", "8.0")];
const brief = levels => levels.map(({ price, quantity }) => [price, quantity]);

test("asks are counted at the step above, bids at the one below", () => {
  assert.deepEqual(brief(groupLevels(asks, 10, "asks", 9)), [["100.10", "3.0"], ["100.20", "4.0"], ["101.00", "8.0"]]);
  assert.deepEqual(brief(groupLevels([...asks].reverse(), 10, "bids", 9)), [["101.00", "8.0"], ["100.10", "4.0"], ["100.00", "3.0"]]);
});

test("a group at the end of the window is whole", () => assert.deepEqual(brief(groupLevels(asks, 10, "asks", 1)), [["100.10", "3.0"]]));

test("without a step the levels are the book's own", () => assert.deepEqual(groupLevels(asks, 1, "asks", 2), asks.slice(0, 2)));

test("held prices stay where they are, and what has gone has no quantity", () => {
  const held = holdLevels(asks.slice(1), [10_001, 10_009], 2, 1);
  assert.deepEqual(brief(held), [["100.01", "0.0"], ["100.09", "2.0"]]);
});

test("where one row keeps its price, its neighbours are those of the book", () => {
  assert.deepEqual(listAround(asks, 10_009, 1, "asks"), [10_001, 10_009, 10_011, 10_100]);
  assert.deepEqual(listAround(asks, 10_010, 1, "asks"), [10_009, 10_010, 10_011, 10_100]);
  assert.deepEqual(listAround([...asks].reverse(), 10_009, 1, "bids"), [10_011, 10_009, 10_001]);
  assert.deepEqual(holdLevels(asks, listAround(asks, 9_999, 2, "asks").slice(0, 4), 2, 1).map(each => each?.price), [undefined, undefined, "99.99", "100.01"]);
});
