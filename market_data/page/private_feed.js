/* The private stream: every report of an own order, whoever sent it. */

import { meetBalances, renewPositions, takeBalances } from "./money.js";
import { group, shorten } from "./decimals.js";
import { gateway, sign } from "./gateway.js";
import { markTold } from "./latency.js";
import { loadOrders, takeFill, takeOrder } from "./orders.js";
import { toast } from "./questions.js";
import { playTone } from "./sound.js";

/** @type {any} */
export const privateFeed = {
  socket: null, isLive: false, retryTimer: 0, failures: 0, shards: new Set(),

  open() {
    privateFeed.close();
    const query = gateway.key ? "" : `?account=${encodeURIComponent(gateway.account)}`;
    const socket = privateFeed.socket = new WebSocket(`${gateway.url.replace(/^http/, "ws")}/ws/orders${query}`);
    socket.onopen = async () => {
      if (!gateway.key) return;
      const proof = gateway.secret ? await sign("GET", new URL(socket.url).pathname) : {};
      socket.send(JSON.stringify({ key: gateway.key, ...proof }));
    };
    socket.onmessage = event => { if (privateFeed.socket === socket) privateFeed.take(JSON.parse(event.data)); };
    socket.onclose = () => { if (privateFeed.socket === socket) privateFeed.lose(); };
  },
  close() {
    clearTimeout(privateFeed.retryTimer);
    const { socket } = privateFeed;
    Object.assign(privateFeed, { socket: null, isLive: false });
    socket?.close();
  },
  lose() {
    Object.assign(privateFeed, { socket: null, isLive: false });
    privateFeed.retryTimer = setTimeout(privateFeed.open, 1000 * 2 ** Math.min(privateFeed.failures++, 4));
  },
  take(message) {
    if (message.type === "snapshot") {
      if (!message.number) privateFeed.shards.clear();
      const isWhole = privateFeed.shards.add(message.shard).size >= (message.shards ?? [0]).length;
      Object.assign(privateFeed, { isLive: isWhole, failures: 0 });
      meetBalances(message.balances, message);
      for (const order of message.orders) takeOrder(order);
      if (isWhole) loadOrders();  // what has ended meanwhile, and the fills
    } else if (message.type === "execution_report") {
      takeReport(message.data);
    } else if (message.type === "account_position") {
      takeBalances(message.data.balances, message.data.sequence, message.shard);
    }
  },
};

function takeReport(report) {
  markTold(report.order_id);
  takeOrder(report);
  const { last_trade: trade, order_id, symbol: name, side, timestamp } = report;
  if (trade) { renewPositions(); tellFill(report, trade); }
  if (trade) takeFill({ ...trade, order_id, symbol: name, side, timestamp });
}

/* What rested has traded while nobody looked. */
function tellFill({ side, symbol, status }, trade) {
  if (trade.liquidity !== "maker") return;
  playTone(side);
  toast(`${side === "buy" ? "▲ Bought" : "▼ Sold"} ${shorten(trade.quantity)} ${symbol.split("-")[0]} at ${group(trade.price)}${status === "filled" ? " · order filled" : ""}`, side);
}
