import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut, readTiming } from "../ways.js";

const TEXT = "gateway;dur=0.5, list;dur=0.25, engine;dur=1.25";
const ends = parts => parts.map(({ kind, since, until }) => [kind, since, until]);

test("durations are read by name", () => {
  assert.deepEqual(readTiming(TEXT), { gateway: 0.5, list: 0.25, engine: 1.25 });
  assert.equal(readTiming(null), null);
  assert.equal(readTiming("cache"), null);
});

test("the engine's stamp says how long the way there was", () => {
  const parts = layOut({ answered: 4, stamp: 1.75, told: 3.5, fed: undefined, spent: readTiming(TEXT) });
  assert.deepEqual(ends(parts), [["way", 0, 1], ["gateway", 1, 1.5], ["list", 1.5, 1.75], ["engine", 1.75, 3], ["back", 3, 4], ["told", 3, 3.5], ["fed", 3, undefined]]);
});

test("without the stamp the ways there and back are as long", () => {
  const parts = layOut({ answered: 4, spent: { gateway: 0.5, exchange: 1.5 } });
  assert.deepEqual(ends(parts).slice(0, 4), [["way", 0, 1], ["gateway", 1, 1.5], ["exchange", 1.5, 3], ["back", 3, 4]]);
});

test("a stamp of another clock leaves nothing negative", () => {
  const parts = layOut({ answered: 2, stamp: 0.1, spent: readTiming(TEXT) });
  assert.ok(parts.every(({ since, until }) => until === undefined || until >= since));
});

test("what is heard before the commit's reply begins there", () => {
  const told = layOut({ answered: 4, stamp: 1.75, told: 2.5, spent: readTiming(TEXT) }).find(({ kind }) => kind === "told");
  assert.deepEqual([told?.since, told?.until], [2.5, 2.5]);
});

test("a gateway that tells no times leaves two parts", () => {
  assert.deepEqual(ends(layOut({ answered: 4, stamp: 1.5, told: 3 })), [["list", 0, 1.5], ["engine", 1.5, 4], ["told", 1.5, 3], ["fed", 1.5, undefined]]);
});
