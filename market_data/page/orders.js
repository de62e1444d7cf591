/* Own orders. */

import { FILLS_KEPT, OPEN_ORDERS_KEPT, ORDERS_KEPT, ROWS_SHOWN } from "./bounds.js";
import { fromUnits, placesOf, toUnits } from "./decimals.js";
import { limitMap, show } from "./dom.js";
import { draw } from "./frames.js";
import { call, gateway, Unreachable } from "./gateway.js";
import { marketOf } from "./markets.js";
import { privateFeed } from "./private_feed.js";
import { followTrade, forgetTrailing, isTrailing, noteTrailing } from "./trailing.js";
import { OPEN } from "./words.js";

export const orders = new Map(), fills = new Map();
/** The open ones among them, and the ended ones, the oldest first. */
export const opened = new Map(), ended = new Map();
export let ordersVersion = 0, hasHistory = false;

/* Own orders, or what is shown of them, have changed. */
export function noteOrders() { ordersVersion++; }

/* States come by several ways, not always in order: what is closed stays closed, what has filled stays filled. */
function isOlder(state, known) {
  if ((state.sequence ?? Infinity) < (known.sequence ?? 0) || (OPEN.has(state.status) && !OPEN.has(known.status))) return true;
  return Number(state.filled_quantity ?? 0) < Number(known.filled_quantity ?? 0);
}

const SHOWN_FIELDS = ["status", "price", "stop_price", "triggered", "quantity", "filled_quantity", "remaining_quantity", "average_price", "reason", "sequence", "list", "trailing_offset"];
export const isSame = (state, known) => SHOWN_FIELDS.every(name => state[name] === undefined || state[name] === known[name]);

export function takeOrder(state) {
  const known = orders.get(state.order_id);
  if (known && (isOlder(state, known) || isSame(state, known))) return;
  const order = { ...known, ...state };
  order.time ??= state.opened_at ?? state.timestamp;
  keepOrder(order);
  if (isTrailing(order)) followStops(marketOf(order.symbol).trades);  // those that came before it
  ordersVersion++;
  draw();
}

function keepOrder(order) {
  const id = order.order_id, isOpen = OPEN.has(order.status);
  orders.set(id, order);
  (isOpen ? opened : ended).set(id, order);
  if (!isOpen) opened.delete(id);
  noteTrailing(order, isOpen);
  forgetOldest(ended, ORDERS_KEPT);
  forgetOldest(opened, OPEN_ORDERS_KEPT);
}

function forgetOldest(list, most) {
  if (list.size <= most) return;
  const oldest = list.keys().next().value;
  list.delete(oldest);
  noteTrailing({ order_id: oldest }, false);
  orders.delete(oldest);
}

/** Another account, or another exchange. */
export function forgetOrders() {
  for (const map of [orders, opened, ended, fills]) map.clear();
  forgetTrailing();
  noteOrders();
}

export function takeFill(fill) {
  const key = `${fill.symbol} ${fill.trade_id} ${fill.order_id}`;
  if (fills.has(key)) return;
  fills.set(key, fill);
  limitMap(fills, FILLS_KEPT);
  ordersVersion++;
}

export async function loadOrders() {
  if (gateway.state !== "ready") return;
  try {
    const [open, closed, filled] = await Promise.all([
      call("GET", `/v1/orders?status=open&limit=${ROWS_SHOWN}`), call("GET", `/v1/orders?limit=${ROWS_SHOWN}`), call("GET", `/v1/fills?limit=${ROWS_SHOWN}`),
    ]);
    hasHistory = open.isGood && closed.isGood && filled.isGood;
    show("orders-note", hasHistory ? "" : open.status === 401 ? "your key is not accepted" : "orders of this page only");
    if (!hasHistory) return;
    for (const order of [...closed.answer.orders, ...open.answer.orders].reverse()) takeOrder({ ...order, timestamp: order.updated_at });
    for (const fill of filled.answer.fills.reverse()) takeFill(fill);
    draw();
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    show("orders-note", "the gateway does not answer");
  }
}

/** Stops that follow, by the trades that this page sees. */
export function followStops(trades) {
  const moved = trades.filter(trade => followTrade(trade, id => orders.get(id), gateway.instruments.get(trade.symbol)));
  if (moved.length) { ordersVersion++; draw(); }
}

/* Without the private stream: the public tape names the orders that traded. */
export function matchOwn(trade) {
  if (privateFeed.isLive) return;
  for (const [id, liquidity] of [[trade.maker_order_id, "maker"], [trade.taker_order_id, "taker"]]) {
    const order = orders.get(id);
    if (!order || !order.quantity || fills.has(`${trade.symbol} ${trade.trade_id} ${id}`)) continue;
    const places = placesOf(order.quantity);
    const filled = toUnits(order.filled_quantity, places) + toUnits(trade.quantity, places);
    const left = toUnits(order.quantity, places) - filled;
    takeOrder({ order_id: id, sequence: order.sequence, filled_quantity: fromUnits(filled, places), remaining_quantity: fromUnits(left, places), status: left ? "partially_filled" : "filled", timestamp: trade.timestamp });
    takeFill({ ...trade, order_id: id, side: order.side, liquidity });
  }
}
