/* Drawing: once a frame, only what has changed. */

import { charts } from "./charts.js";
import { compact, group, shorten } from "./decimals.js";
import { element, setText, show } from "./dom.js";
import { drawLadder } from "./ladder.js";
import { market, symbol } from "./markets.js";
import { drawOrders } from "./order_tables.js";
import { drawPreview } from "./preview.js";
import { drawPulse } from "./pulse.js";
import { drawRaw } from "./raw.js";
import { drawTape } from "./tape.js";
import { suggestPrice } from "./ticket.js";

const SHORTEST_FRAME = 30;  // milliseconds: nobody reads figures faster
export const pace = { trades: 0 };  // of the symbol shown
export let isDirty = false, drawnAt = 0, drawings = 0;

export function draw() {
  if (isDirty) return;
  isDirty = true;
  requestAnimationFrame(function drawFrame(now) {
    if (now - drawnAt < SHORTEST_FRAME) { requestAnimationFrame(drawFrame); return; }
    isDirty = false;
    drawnAt = now;
    drawings++;
    drawHeader(); drawPulse(); suggestPrice(); drawPreview(); drawLadder(); drawOrders(); drawTape(); drawRaw(); charts.draw();
  });
}

function drawHeader() {
  const { book, ticker, trades, direction } = market();
  const bid = book.bids.levels[0], ask = book.asks.levels[0], last = trades[0]?.price ?? ticker?.last ?? null;
  show("last", group(last));
  element("last").className = direction;
  for (const [id, text] of Object.entries({
    bid: group(bid?.price), ask: group(ask?.price), "bid-quantity": bid ? `× ${shorten(bid.quantity)}` : "", "ask-quantity": ask ? `× ${shorten(ask.quantity)}` : "",
    high: group(ticker?.high), low: group(ticker?.low), volume: ticker ? `${compact(ticker.volume)} ${symbol.split("-")[0]}` : "–",
  })) show(id, text);
  showChange(ticker, last);
  document.title = last ? `${group(last)} ${symbol} · GoQuant` : "GoQuant";
}

function showChange(ticker, last) {
  const isKnown = ticker?.change != null, node = element("change");
  const sign = isKnown && !ticker.change.startsWith("-") ? "+" : "";
  setText(node, isKnown ? `${sign}${ticker.change} (${sign}${ticker.change_percent}%)` : last ? "" : "no trade yet");
  node.className = !isKnown || Number(ticker.change) === 0 ? "soft" : Number(ticker.change) < 0 ? "down" : "up";
}
