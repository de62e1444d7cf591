/* The feed. */

import { Book } from "./book.js";
import { FOLLOW_AGAIN_MILLISECONDS, LONGEST_PAUSE, MOST_CATCH_UPS, SHORTEST_PAUSE, SWITCH_MILLISECONDS, TRADES_KEPT } from "./bounds.js";
import { unitsOf } from "./decimals.js";
import { draw, pace } from "./frames.js";
import { openGateway } from "./gateway.js";
import { forgetJourneys, markBook, markTraded } from "./latency.js";
import { interval, marketOf, markets, setSymbol, setSymbols, symbol, symbols } from "./markets.js";
import { forgetMoney } from "./money.js";
import { showSymbols } from "./navigation.js";
import { followStops, forgetOrders, matchOwn } from "./orders.js";
import { extendCandle, loadCandles, loadTrades, takeCandle } from "./past.js";
import { keepRaw } from "./raw.js";
import { passTrade } from "./queue_places.js";
import { endReplay, remember, replay } from "./replay.js";
import { showState, updateState } from "./state.js";
import { INTERVALS } from "./words.js";

/** @type {any} */
export const feed = { url: "", socket: null, isWanted: true, failures: 0, retryTimer: 0, retryAt: 0, isInSync: false, isFollowing: false, heardAt: 0, liveUntil: null, reason: "", received: 0, exchangeId: null, sequence: null,
  followed: null, followId: "", followTimer: 0, isFresh: false, switchedAt: -Infinity, lastIds: {}, due: null, isBehind: false, catchUps: 0, refusal: "",
};

export function connect() {
  clearTimeout(feed.retryTimer);
  clearTimeout(feed.followTimer);
  Object.assign(feed, { isWanted: true, retryAt: 0, isInSync: false, isFollowing: false, followed: null, isFresh: false, due: null, isBehind: false, catchUps: 0, refusal: "" });
  let socket;
  try {
    socket = new WebSocket(`${feed.url}?channels=`);
  } catch (/** @type {any} */ error) {
    feed.isWanted = false;
    showState("off", "Bad address", `Not a WebSocket address: ${error.message}`);
    return;
  }
  feed.socket = socket;
  feed.heardAt = performance.now();
  socket.onmessage = event => { if (feed.socket === socket) receive(event.data); };
  socket.onclose = event => { if (feed.socket === socket) lose(event.reason); };
  updateState();
}

export function disconnect() {
  clearTimeout(feed.retryTimer);
  feed.isWanted = false;
  const socket = feed.socket;
  Object.assign(feed, { socket: null, retryAt: 0 });
  socket?.close();
  updateState();
}

export function connectNow() { feed.failures = 0; connect(); }

export function lose(reason) {
  Object.assign(feed, { socket: null, isInSync: false, reason });
  const pause = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** feed.failures++) * (0.75 + Math.random() / 2);
  feed.retryAt = performance.now() + pause * 1000;
  feed.retryTimer = setTimeout(connect, pause * 1000);
  updateState();
}

export function ask(action, more) {
  const id = `${action}-${++ask.count}`;
  if (feed.socket?.readyState === WebSocket.OPEN) feed.socket.send(JSON.stringify({ action, id, ...more }));
  return id;
}
ask.count = 0;

/* A symbol's streams: from where the page stands, if it has been there before; else anew. Of the
   trades missed, no more than are kept. */
export function followSymbol() {
  const known = marketOf(symbol), oldest = (feed.lastIds[symbol]?.trade_id ?? 0) - TRADES_KEPT;
  if (known.tradeId < oldest) Object.assign(known, { trades: [], tradeId: oldest });
  Object.assign(feed, { followed: symbol, isFresh: false, due: null });
  if (known.book.updateId !== null) {
    feed.followId = ask("resume", { exchange_id: feed.exchangeId, symbols: { [symbol]: { update_id: known.book.updateId, trade_id: known.tradeId } } });
  } else {
    feed.followId = ask("subscribe", { channels: ["book", "trades"], symbols: [symbol] });
  }
  ask("subscribe", { channels: [`candles_${interval}`], symbols: [symbol] });
  loadTrades();
  loadCandles();
}

function leaveSymbol() {
  ask("unsubscribe", { channels: ["book", "trades", ...INTERVALS.map(name => `candles_${name}`)], symbols: [feed.followed] });
}

/* Whoever leafs through the symbols asks for the last one only: the service takes 20 requests a second. */
export function switchStreams() {
  clearTimeout(feed.followTimer);
  feed.switchedAt = performance.now();
  feed.followTimer = setTimeout(() => {
    if (feed.isFollowing && feed.followed !== symbol) { leaveSymbol(); followSymbol(); }
    updateState();
  }, SWITCH_MILLISECONDS);
}

/* Where a request was refused or lost, what the service has of us is not known: all of it again. */
function followAgain() {
  clearTimeout(feed.followTimer);
  ask("unsubscribe");
  ask("subscribe", { channels: ["heartbeat", "ticker"] });
  stopFollowing();
  updateState();
}

/* The next heartbeat that is in step starts it again. */
function stopFollowing() { Object.assign(feed, { isFollowing: false, followed: null, due: null }); }

/* What the service had at the last heartbeat must be here by this one. */
function checkStep() {
  const { book, tradeId } = marketOf(symbol), due = feed.due?.symbol === symbol ? feed.due : null, ids = feed.lastIds[symbol];
  const isBehind = due !== null && ((book.updateId ?? -1) < due.update_id || tradeId < due.trade_id);
  feed.due = ids && feed.followed === symbol ? { symbol, update_id: ids.update_id ?? 0, trade_id: ids.trade_id ?? 0 } : null;
  if (isBehind) catchUp();
  else if (due) Object.assign(feed, { isBehind: false, catchUps: 0, refusal: "" });
}

function catchUp() {
  feed.isBehind = true;
  if (++feed.catchUps <= MOST_CATCH_UPS) { followAgain(); return; }
  const deaf = feed.socket;
  lose("it stayed behind the engine");
  deaf.close();
}

export function restartBook() {
  marketOf(symbol).book = new Book();
  ask("unsubscribe", { channels: ["book"], symbols: [symbol] });
  ask("subscribe", { channels: ["book"], symbols: [symbol] });
}

const handlers = {
  connected(message) {
    feed.lastIds = {};
    meetExchange(message.exchange_id);
    setSymbols(message.symbols);
    if (!symbols.includes(symbol)) setSymbol(symbols[0] ?? null);
    showSymbols();
    ask("subscribe", { channels: ["heartbeat", "ticker"] });
  },
  ack(message) {
    if (message.id !== feed.followId) return;
    feed.isFresh = true;
    updateState();
  },
  book_snapshot(message) { marketOf(message.symbol).book.load(message); },
  book_delta(message) {
    markBook(message);
    if (!marketOf(message.symbol).book.apply(message) && message.symbol === symbol) restartBook();
  },
  trade(message) { takeTrade(message.data); },
  trades_missing(message) { passTrades(marketOf(message.symbol), message.last_trade_id); },
  bbo(message) { marketOf(message.data.symbol).bbo = message.data; },
  ticker(message) { marketOf(message.data.symbol).ticker = message.data; },
  candle(message) { takeCandle(message.data.symbol, message.data.interval, message.data); },
  heartbeat(message) {
    Object.assign(feed, { isInSync: message.in_sync, sequence: message.sequence, lastIds: message.symbols });
    meetExchange(message.exchange_id, feed.isInSync && !message.exchange_id && isBehind(message.symbols));
    if (feed.isInSync) { checkStep(); followOn(); }
    updateState();
  },
  error(message) {
    Object.assign(feed, { isBehind: true, refusal: message.message });
    if (String(message.id).startsWith("resume") && !["not_in_sync", "rate_limited"].includes(message.code)) marketOf(symbol).book = new Book();  // it cannot go on from there
    clearTimeout(feed.followTimer);
    feed.followTimer = setTimeout(followAgain, FOLLOW_AGAIN_MILLISECONDS);
    updateState();
  },
};

const REMEMBERED = new Set(["book_snapshot", "book_delta"]);

export function receive(text) {
  feed.heardAt = performance.now();
  feed.received++;
  let message;
  try { message = JSON.parse(text); } catch { message = { type: "unreadable" }; }
  keepRaw(message.type, text);
  if (Object.hasOwn(handlers, message.type)) handlers[message.type](message);
  if (REMEMBERED.has(message.type)) remember(message, text);
  draw();
}

function takeTrade(trade) {
  const known = marketOf(trade.symbol), { trades } = known;
  if (trade.trade_id <= known.tradeId) return;
  passTrades(known, trade.trade_id);
  if (trades.length && trades[0].price !== trade.price) {
    marketOf(trade.symbol).direction = unitsOf(trade.price) < unitsOf(trades[0].price) ? "down" : "up";
  }
  trades.unshift(trade);
  if (trades.length > TRADES_KEPT) trades.length = TRADES_KEPT;
  if (trade.symbol === symbol) pace.trades++;
  extendCandle(trade);
  passTrade(trade);
  markTraded(trade);
  matchOwn(trade);
  followStops([trade]);
}

export const passTrades = (known, tradeId) => { known.tradeId = Math.max(known.tradeId, tradeId); };

/* The service knows where the engine stands: only now is it worth asking. */
function followOn() {
  if (!feed.isFollowing) { feed.isFollowing = true; followSymbol(); }
  Object.assign(feed, { failures: 0, reason: "" });
}

/* One that has no id yet has another's place where it has fewer trades. */
const isBehind = lastIds => Object.entries(lastIds).some(([name, last]) => (markets.get(name)?.tradeId ?? 0) > last.trade_id);

/* Another exchange than before, because its data was wiped: everything seen so far is void. */
function meetExchange(id, isVoid = false) {
  if (!id && !isVoid) return;  // not known yet
  const isAnother = isVoid || ![null, id].includes(feed.exchangeId);
  feed.exchangeId = id;
  if (!isAnother) return;
  if (replay.isOn) endReplay();
  replay.points = [];
  markets.clear(); forgetJourneys();
  forgetOrders();
  forgetMoney();
  openGateway();
  if (feed.isFollowing) { leaveSymbol(); stopFollowing(); }
}
