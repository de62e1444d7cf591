/* Own open orders: only the rows in sight exist, and none moves while somebody points at one. */

import { changeOrder } from "./changes.js";
import { clock, group, shorten, writeAge, writeMoment } from "./decimals.js";
import { create, element, setText, show, words } from "./dom.js";
import { draw } from "./frames.js";
import { symbol } from "./markets.js";
import { noteOrders, opened, orders } from "./orders.js";
import { editRow } from "./order_edit.js";
import { writeAhead } from "./queue_places.js";
import { isLive } from "./state.js";
import { isTrailing, stopOf, trailWord } from "./trailing.js";
import { OPEN, ORDER_TYPES } from "./words.js";

const ROW_HEIGHT = 26, OVERSCAN = 8;
const FILTERS = {
  all: () => true, symbol: order => order.symbol === symbol, buy: order => order.side === "buy", sell: order => order.side === "sell",
  stop: order => order.triggered === false,
};
const SORTED_BY = {
  symbol: order => order.symbol, side: order => order.side, price: order => Number(order.price ?? stopOf(order) ?? 0),
  quantity: order => Number(order.quantity), filled: order => Number(order.filled_quantity), age: order => order.time,
};

/** `list`: the ids in the table's order. It is held while the pointer is over the rows or a key's focus in them.
 *  @type {{ list: string[], rows: Map<string, any>, filter: string, sort: string, isUp: boolean, isPointed: boolean, newcomers: number }} */
export const openTable = { list: [], rows: new Map(), filter: "all", sort: "age", isUp: false, isPointed: false, newcomers: 0 };

export const sideWord = order => `${order.side === "buy" ? "Buy" : "Sell"} ${ORDER_TYPES[order.order_type]?.label.split(":")[0].toLowerCase() ?? order.order_type}`;
/* What its type does not say, in a word. */
const writeEnd = end => (new Date(end).toDateString() === new Date().toDateString() ? clock(end) : writeMoment(end)).slice(0, -3);

function termWord({ time_in_force: force, expires_at: end, display_quantity: display, list }) {
  const found = [force === "gtd" ? `till ${writeEnd(end)}` : force !== "gtc" && force, display && `shows ${shorten(display)}`, list && (list.state === "pending" ? "pending" : list.list_type.toUpperCase())];
  return found.filter(Boolean).map(word => ` · ${word}`).join("");
}

const stopWord = order => (isTrailing(order) ? trailWord(order, order.symbol === symbol && isLive()) : order.triggered === false || (order.stop_price && order.triggered !== true) ? `stop ${group(order.stop_price)}` : "");
export const priceWord = order => [stopWord(order), order.price ? group(order.price) : ""].filter(Boolean).join(" → ") || "market";

const isStillOpen = id => OPEN.has(orders.get(id)?.status);
const isTableHeld = () => (openTable.isPointed || element("open-orders").querySelector(":focus-visible") !== null) && openTable.list.some(id => isStillOpen(id) || openTable.rows.get(id)?.isEdited);

function listOrders() {
  const key = SORTED_BY[openTable.sort], sign = openTable.isUp ? 1 : -1, found = [...opened.values()].filter(FILTERS[openTable.filter]);
  const compare = (left, right) => (key(left) < key(right) ? -sign : key(left) > key(right) ? sign : 0);
  return found.sort(compare).map(order => order.order_id);
}

/** Draw the rows in sight. What has ended while the table is held says so in its place. */
export function drawOpenOrders() {
  const wanted = listOrders();
  if (isTableHeld()) openTable.newcomers = wanted.filter(id => !openTable.list.includes(id)).length;
  else Object.assign(openTable, { list: wanted, newcomers: 0 });
  element("open-empty").hidden = openTable.list.length > 0;
  show("open-empty", opened.size ? "None of your open orders is of this kind." : "No open orders. What you place and does not trade at once waits here.");
  show("open-count", opened.size ? group(String(opened.size)) : "");
  show("open-held", openTable.newcomers ? `${openTable.newcomers} more, as soon as you point elsewhere` : "");
  drawSight();
}

/** Rows above and below what is in sight are room alone. */
export function drawSight() {
  const panel = element("panel-open"), { list, rows } = openTable, height = rows.values().next().value?.offsetHeight || ROW_HEIGHT;
  const first = Math.max(0, Math.min(list.length, Math.floor(panel.scrollTop / height) - OVERSCAN));
  const shown = list.slice(first, first + Math.ceil((panel.clientHeight || 400) / height) + 2 * OVERSCAN), kept = new Set(shown);
  element("open-above").style.height = `${first * height}px`;
  element("open-below").style.height = `${Math.max(0, list.length - first - shown.length) * height}px`;
  const spare = [];
  for (const [id, row] of rows) {
    if (kept.has(id) || (row.isEdited && list.includes(id))) continue;
    keepFocus(row);
    rows.delete(id);
    if (row.isEdited) row.remove();
    else spare.push(row);
  }
  shown.forEach((id, index) => placeRow(id, index, spare));
  for (const row of spare) row.remove();
}

/* Where what has the focus goes, the table gets it; not the next one's button: a second Enter would cancel that order. */
function keepFocus(part) { if (part.contains(document.activeElement)) element("panel-open").focus(); }

/* One that has gone out of sight serves for another order: its buttons are of whichever order it is. */
function placeRow(id, index, spare) {
  const body = element("open-orders"), row = openTable.rows.get(id) ?? takeRow(id, spare.shift() ?? makeRow());
  if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
  if (row.isEdited) row.followEdit(orders.get(id));
  else fillRow(row, orders.get(id));
}

function takeRow(id, row) {
  row.dataset.order = id;
  openTable.rows.set(id, row);
  for (const button of row.querySelectorAll("button")) button.ariaDisabled = "false";
  return row;
}

function makeRow() {
  const row = document.createElement("tr");
  for (let cell = 0; cell < 8; cell++) row.insertCell();
  row.cells[1].className = "left wrap";
  row.cells[2].className = "wrap";
  row.cells[1].append(create("span"), create("small"));
  return row;
}

const stateWord = order => ({ accepted: "queued", unknown: "perhaps queued" })[order.status] ?? order.filled_quantity;

function fillRow(row, order) {
  if (!order) return;
  const [name, kind, price, quantity, filled, ahead, age, actions] = row.cells;
  setText(name, order.symbol);
  setText(kind.firstChild, sideWord(order) + termWord(order));
  setText(kind.lastChild, order.symbol);
  kind.className = `left wrap ${order.side}`;
  setText(price, priceWord(order));
  setText(quantity, order.quantity);
  setText(filled, stateWord(order));
  setText(ahead, writeAhead(order));
  setText(age, writeAge(order.time));
  const state = OPEN.has(order.status) ? "open" : order.status;
  if (row.dataset.state === state && actions.childElementCount) return;
  row.dataset.state = state;
  if (state !== "open") keepFocus(actions);
  if (state === "open") actions.replaceChildren(...makeActions(row));
  else actions.replaceChildren(create("span", words(order.status), "soft"));
}

function makeActions(row) {
  const amend = create("button", "Amend"), cancel = create("button", "Cancel");
  amend.onclick = () => editRow(row, orders.get(row.dataset.order));
  cancel.onclick = () => {
    if (cancel.ariaDisabled === "true") return;
    cancel.ariaDisabled = "true";  // disabled, it would lose the focus
    changeOrder("DELETE", orders.get(row.dataset.order)).finally(() => { cancel.ariaDisabled = "false"; });
  };
  for (const button of [amend, cancel]) button.type = "button";
  return [amend, " ", cancel];
}

export function sortOrders(key) {
  Object.assign(openTable, { isUp: openTable.sort === key ? !openTable.isUp : key !== "age", sort: key });
  for (const button of element("panel-open").querySelectorAll("th button")) {
    const isThis = button.dataset.sort === key;
    button.parentElement.setAttribute("aria-sort", isThis ? (openTable.isUp ? "ascending" : "descending") : "none");
  }
  noteOrders();
  draw();
}

export function filterOrders(name) { openTable.filter = name; noteOrders(); draw(); }

/** Let the table move again, or hold it. */
export function pointAtOrders(isPointed) { openTable.isPointed = isPointed; noteOrders(); draw(); }
