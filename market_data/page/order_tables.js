/* Tables of what has ended: orders and fills, page by page, and as CSV. */

import { PAGE_ROWS, ROWS_SHOWN } from "./bounds.js";
import { cutPlaces, group, placesOf, shorten, writeMoment } from "./decimals.js";
import { create, element, setText, show, words } from "./dom.js";
import { draw } from "./frames.js";
import { call, Unreachable } from "./gateway.js";
import { drawMoney } from "./money_tables.js";
import { showActivityTools } from "./navigation.js";
import { drawOpenOrders, priceWord, sideWord } from "./open_orders.js";
import { fills, orders, ordersVersion, takeFill, takeOrder } from "./orders.js";
import { tapeRows } from "./tape.js";
import { say } from "./ticket.js";
import { OPEN } from "./words.js";

const MOST_ROWS = 5000, MOST_PAGES = 20;

/** What lies before what is here: undefined: not asked yet; null: nothing. @type {Record<string, { rows: number, after: string | null | undefined }>} */
const pages = { orders: { rows: ROWS_SHOWN, after: undefined }, fills: { rows: ROWS_SHOWN, after: undefined } };
let ordersDrawn = "";

export function drawOrders() {
  drawMoney();
  const panel = ["open", "history", "fills"].find(name => !element(`panel-${name}`).hidden) ?? "", state = `${ordersVersion} ${panel} ${pages.orders.rows} ${pages.fills.rows}`;
  if (ordersDrawn === state) return;
  ordersDrawn = state;
  for (const row of tapeRows) row.dataset.trade = "";  // whose trades are own may have changed
  drawOpenOrders();
  show("fill-count", countWord(fills.size));
  if (panel === "history") drawHistory();
  if (panel === "fills") drawFills();
  showActivityTools();
}

const countWord = count => (count >= ROWS_SHOWN ? `${ROWS_SHOWN}+` : count ? String(count) : "");  // no more are asked for
const newestFirst = (map, field) => [...map.values()].sort((left, right) => (left[field] < right[field] ? 1 : -1));

/* Rows of a table whose lines never change in place. */
export function fillTable(id, lines) {
  const body = element(id);
  while (body.rows.length > lines.length) body.deleteRow(-1);
  lines.forEach((cells, index) => {
    const row = body.rows[index] ?? body.insertRow();
    cells.forEach(([text, className], column) => {
      const cell = row.cells[column] ?? row.insertCell();
      setText(cell, text ?? "–");
      if (cell.className !== (className ?? "")) cell.className = className ?? "";
    });
  });
}

const becameWord = order => `${words(order.status)}${order.average_price ? ` at ${shorten(cutPlaces(order.average_price, placesOf(order.price ?? order.stop_price ?? "0.00") + 2))}` : ""}${order.reason ? ` · ${words(order.reason)}` : ""}`;

function drawHistory() {
  const list = newestFirst(orders, "time").slice(0, pages.orders.rows);
  element("history-empty").hidden = list.length > 0;
  fillTable("history", list.map(order => [
    [writeMoment(order.time), "wrap"], [order.symbol, "left"], [sideWord(order), `left wrap ${order.side}`], [priceWord(order), "wrap"],
    [`${shorten(order.filled_quantity ?? "0")} / ${shorten(order.quantity)}`, "wrap"], [OPEN.has(order.status) ? words(order.status) : becameWord(order), "left wrap"],
  ]));
  element("history-older").hidden = pages.orders.after === null || list.length < ROWS_SHOWN;
}

function drawFills() {
  const list = newestFirst(fills, "timestamp").slice(0, pages.fills.rows);
  element("fills-empty").hidden = list.length > 0;
  fillTable("fills", list.map(fill => [
    [writeMoment(fill.timestamp), "wrap"], [fill.symbol, "left"], [fill.side === "buy" ? "Buy" : "Sell", `left ${fill.side}`], [group(fill.price)], [fill.quantity],
    [fill.commission ? `${shorten(fill.commission)} ${fill.commission_asset}` : "–", "wrap"], [fill.liquidity],
  ]));
  element("fills-older").hidden = pages.fills.after === null || list.length < ROWS_SHOWN;
}

/** Read the page before the rows that are here; `kind`: orders or fills. */
export async function loadOlder(kind) {
  const page = pages[kind];
  const answer = await readPage(kind, page.after, PAGE_ROWS);
  if (!answer) return;
  if (kind === "orders") for (const order of answer.orders) takeOrder({ ...order, timestamp: order.updated_at });
  else for (const fill of answer.fills) takeFill(fill);
  Object.assign(page, { after: answer.after, rows: Math.min(MOST_ROWS, page.rows + PAGE_ROWS) });
  draw();
}

async function readPage(kind, after, limit) {
  try {
    const { isGood, answer } = await call("GET", `/v1/${kind}?limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
    if (isGood) return answer;
    say("bad", `Not read: ${answer.detail ?? "refused"}.`);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    say("bad", "No answer from the gateway.");
  }
  return null;
}

const CSV_FIELDS = {
  orders: ["opened_at", "updated_at", "order_id", "client_order_id", "symbol", "side", "order_type", "price", "stop_price", "quantity", "filled_quantity", "average_price", "status", "reason"],
  fills: ["timestamp", "order_id", "symbol", "side", "price", "quantity", "liquidity", "commission", "commission_asset", "trade_id"],
};

/** Save all of the account's orders or fills, as far as there are pages, as a file. */
export async function saveCsv(kind) {
  const lines = [CSV_FIELDS[kind].join()];
  let after = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await readPage(kind, after, 1000);
    if (!answer) return;
    for (const item of answer[kind]) lines.push(CSV_FIELDS[kind].map(name => item[name] ?? "").join());
    after = answer.after;
    if (!after) break;
  }
  const link = create("a");
  link.href = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }));
  link.download = `goquant-${kind}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
