/* Tape. */

import { TAPE_ROWS } from "./bounds.js";
import { clock, group } from "./decimals.js";
import { element, setText } from "./dom.js";
import { market, symbol } from "./markets.js";
import { orders, ordersVersion } from "./orders.js";

function makeRows(id, count, cells) {
  const body = element(id);
  return Array.from({ length: count }, () => {
    const row = body.insertRow();
    for (let cell = 0; cell < cells; cell++) row.insertCell();
    row.hidden = true;
    return row;
  });
}
export const tapeRows = makeRows("tape", TAPE_ROWS, 3);

let tapeDrawn = "";

/* Rows of trades that are shown already move down as they are: only those of new ones are written. */
function pushDown(trades) {
  const shown = tapeRows[0].dataset.trade, count = trades.slice(0, TAPE_ROWS).findIndex(trade => shown === `${symbol} ${trade.trade_id}`);
  for (let number = 0; number < count; number++) {
    const row = /** @type {HTMLTableRowElement} */ (tapeRows.pop());
    tapeRows.unshift(row);
    element("tape").prepend(row);
  }
}

export function drawTape() {
  const { trades } = market(), state = `${symbol} ${trades.length} ${trades[0]?.trade_id} ${trades[TAPE_ROWS - 1]?.trade_id} ${ordersVersion}`;
  if (state === tapeDrawn) return;
  tapeDrawn = state;
  element("tape-empty").hidden = trades.length > 0;
  pushDown(trades);
  tapeRows.forEach((row, index) => {
    const trade = trades[index];
    row.hidden = !trade;
    if (!trade || row.dataset.trade === `${symbol} ${trade.trade_id}`) return;
    row.dataset.trade = `${symbol} ${trade.trade_id}`;
    const isBuy = trade.aggressor_side === "buy", [price, quantity, time] = row.cells;
    setText(price, `${isBuy ? "▲" : "▼"} ${group(trade.price)}`);
    price.className = isBuy ? "buy" : "sell";
    setText(quantity, trade.quantity);
    setText(time, clock(trade.timestamp));
    row.classList.toggle("is-own", orders.has(trade.maker_order_id) || orders.has(trade.taker_order_id));
  });
}
