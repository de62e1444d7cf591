import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldInList, makeList } from "../lists.js";

const draft = { symbol: "BTC-USDT", quantity: "1", price: "60000", stop_price: "59000", profit_price: "62000", client_order_id: "a" };

test("an OCO has two legs of one side", () => {
  const { list_type: kind, orders } = makeList({ ...draft, order_type: "oco", side: "sell", price: "62000" });
  assert.equal(kind, "oco");
  assert.deepEqual(orders.map(each => [each.side, each.order_type, each.quantity, each.price ?? each.stop_price]), [["sell", "post_only", "1", "62000"], ["sell", "stop_loss", "1", "59000"]]);
});

test("the exits of a buy sell what it brings, those of a sell name their quantity", () => {
  const bought = makeList({ ...draft, order_type: "otoco", side: "buy" }), sold = makeList({ ...draft, order_type: "oto", side: "sell" });
  assert.deepEqual([bought.list_type, sold.list_type], ["opoco", "oto"]);
  assert.deepEqual(bought.orders.map(each => [each.side, each.order_type, each.quantity]), [["buy", "limit", "1"], ["sell", "take_profit", undefined], ["sell", "stop_loss", undefined]]);
  assert.deepEqual(sold.orders.map(each => [each.side, each.order_type, each.quantity]), [["sell", "limit", "1"], ["buy", "stop_loss", "1"]]);
});

test("a fault of a list is one of the ticket's fields", () => {
  assert.equal(fieldInList("otoco", "orders[1].stop_price"), "profit_price");
  assert.equal(fieldInList("otoco", "orders[2].stop_price"), "stop_price");
  assert.equal(fieldInList("oco", "orders[0].price"), "price");
  assert.equal(fieldInList("limit", "price"), "price");
});

test("the stop of a list follows the market", () => {
  const trailing = { ...draft, stop_price: undefined, trailing_offset: "50", trailing_offset_type: "basis_points" };
  const [entry, profit, loss] = makeList({ ...trailing, order_type: "otoco", side: "buy", activation_price: "61000" }).orders;
  assert.deepEqual([entry.trailing_offset, profit.trailing_offset, profit.stop_price], [undefined, undefined, "62000"]);
  assert.deepEqual(loss, { side: "sell", order_type: "stop_loss", trailing_offset: "50", trailing_offset_type: "basis_points", activation_price: "61000", self_trade_prevention: undefined });
  const [, out] = makeList({ ...trailing, order_type: "oco", side: "sell" }).orders;
  assert.deepEqual([out.trailing_offset, "activation_price" in out, "stop_price" in out], ["50", false, false]);
  assert.equal(fieldInList("otoco", "orders[2].trailing_offset"), "trailing_offset");
});
