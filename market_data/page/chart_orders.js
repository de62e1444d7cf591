/* Own open orders as lines over the candles: dragged to amend, closed by their ×. */

import { candleChart, pricePlaces } from "./candle_chart.js";
import { changeOrder } from "./changes.js";
import { writePrice } from "./chart_words.js";
import { fromUnits, group, shorten, toUnits } from "./decimals.js";
import { create, element, setText } from "./dom.js";
import { draw } from "./frames.js";
import { gateway } from "./gateway.js";
import { symbol } from "./markets.js";
import { opened, orders } from "./orders.js";
import { say, setSide, setType, takePrice } from "./ticket.js";
import { isTrailing, offsetWord, stopOf } from "./trailing.js";

const MOST_LINES = 40, TAG_HEIGHT = 24, TAG_WIDTH = 126;

/** @type {{ lines: Map<string, any>, dragged: any, draw(): void }} */
export const chartOrders = {
  lines: new Map(), dragged: null,

  draw() {
    if (!candleChart.candles) return;
    const shown = listShown();
    for (const [id, line] of chartOrders.lines) if (!shown.has(id)) { line.remove(); chartOrders.lines.delete(id); }
    for (const [id, order] of shown) {
      if (!chartOrders.lines.has(id)) chartOrders.lines.set(id, makeLine(id));
      placeLine(chartOrders.lines.get(id), order);
    }
    spreadTags();
  },
};

/* Tags that would lie over each other stand side by side. */
function spreadTags() {
  const lines = [...chartOrders.lines.values()].filter(line => !line.hidden).sort((left, right) => left.height - right.height);
  let last = -Infinity, place = 0;
  for (const line of lines) {
    place = line.height - last < TAG_HEIGHT ? place + 1 : 0;
    last = line.height;
    line.firstChild.style.right = `${8 + place * TAG_WIDTH}px`;
  }
}

/** What a line stands for: the stop price until that is reached, then the price. */
const lineField = order => ((order.stop_price || isTrailing(order)) && order.triggered !== true ? "stop_price" : "price");
const linePrice = order => (lineField(order) === "stop_price" ? stopOf(order) : order.price);

/* The exchange would refuse it. */
function mayNotMove(order) {
  if (lineField(order) !== "stop_price" || !isTrailing(order)) return false;
  say("bad", "This stop follows the market: its price cannot be set. Cancel it and send another.");
  return true;
}

function listShown() {
  const shown = new Map();
  for (const order of opened.values()) {
    if (shown.size === MOST_LINES) break;
    if (order.symbol === symbol && linePrice(order)) shown.set(order.order_id, order);
  }
  return shown;
}

/* The scale reaches own orders too that lie near: the candles keep half of it or more. */
export function widenScale(original) {
  const info = original(), range = info?.priceRange;
  if (!range) return info;
  const { minValue: low, maxValue: high } = range, room = (high - low) / 2, near = Array.from(listShown().values(), order => Number(linePrice(order))).filter(price => price > low - room && price < high + room);
  return { ...info, priceRange: { minValue: Math.min(low, ...near), maxValue: Math.max(high, ...near) } };
}

function makeLine(id) {
  const line = create("div", "", "order-line"), tag = create("span", "", "order-tag"), label = create("button"), close = create("button", "×");
  label.type = close.type = "button";
  label.title = "Drag to amend; arrow keys move it by a tick";
  label.onpointerdown = event => startDrag(event, line, id);
  label.onkeydown = event => stepLine(event, id);
  close.onclick = () => changeOrder("DELETE", orders.get(id));
  tag.append(label, close);
  line.append(tag);
  element("order-lines").append(line);
  return line;
}

function placeLine(line, order) {
  if (chartOrders.dragged?.line === line) return;
  const height = candleChart.candles.priceToCoordinate(Number(linePrice(order))), pane = candleChart.chart.panes()[0].getHeight();
  line.hidden = height === null || height < 0 || height > pane;
  if (line.hidden) return;
  line.className = `order-line ${order.side}`;
  line.height = height;
  line.style.transform = `translateY(${Math.round(height)}px)`;
  const kind = lineField(order) === "stop_price" ? (isTrailing(order) ? `stop, ${offsetWord(order)} behind, ` : "stop ") : "", text = `${order.side === "buy" ? "▲ Buy" : "▼ Sell"} ${kind}${shorten(order.remaining_quantity ?? order.quantity)}`;
  const [label, close] = line.firstChild.children;
  setText(label, text);
  label.setAttribute("aria-label", `${text} at ${group(linePrice(order))}`);
  close.setAttribute("aria-label", `Cancel: ${text} at ${group(linePrice(order))}`);
}

/** The price at a height of the chart, on the instrument's grid, as text. */
export function priceAt(height) {
  const grid = gateway.instruments.get(symbol), value = candleChart.candles?.coordinateToPrice(height);
  if (!grid || value == null) return null;
  return fromUnits(Math.max(1, Math.round((value * 10 ** grid.pricePlaces) / grid.tick)) * grid.tick, grid.pricePlaces);
}

function startDrag(event, line, id) {
  const label = event.currentTarget, order = orders.get(id), field = order && lineField(order);
  if (!order || !field || event.button || mayNotMove(order)) return;
  label.setPointerCapture(event.pointerId);
  /** @type {{ line: any, price: string | null }} */
  const state = chartOrders.dragged = { line, price: null };
  const top = element("order-lines").getBoundingClientRect().top;
  label.onpointermove = moved => {
    state.price = priceAt(moved.clientY - top);
    line.style.transform = `translateY(${Math.round(moved.clientY - top)}px)`;
    setText(label, `→ ${group(state.price)}`);
  };
  label.onpointerup = label.onpointercancel = ended => {
    label.onpointermove = label.onpointerup = label.onpointercancel = null;
    const isMoved = ended.type === "pointerup" && state.price !== null && state.price !== order[field];
    const done = () => { chartOrders.dragged = null; draw(); };
    if (isMoved) changeOrder("PATCH", order, { [field]: state.price }).finally(done);
    else done();
  };
}

function stepLine(event, id) {
  const move = { ArrowUp: 1, ArrowDown: -1 }[event.key], order = orders.get(id), grid = order && gateway.instruments.get(order.symbol);
  if (!move || !order || !grid) return;
  event.preventDefault();
  event.stopPropagation();
  if (mayNotMove(order)) return;
  const field = lineField(order), ticks = toUnits(order[field], grid.pricePlaces) + move * grid.tick * (event.shiftKey ? 10 : 1);
  changeOrder("PATCH", order, { [field]: fromUnits(ticks, grid.pricePlaces) });
}

/* "Buy limit here": the ticket gets side, type and price; nothing is sent. */
export function openChartMenu(event) {
  const menu = element("chart-menu"), box = element("candles").getBoundingClientRect(), price = priceAt(event.clientY - box.top);
  if (price === null || element("ticket").hidden) return;
  event.preventDefault();
  const choices = [["buy", "limit"], ["sell", "limit"], ["buy", "stop_loss"], ["sell", "stop_loss"]];
  menu.replaceChildren(...choices.map(([side, type]) => {
    const choice = create("button", `${side === "buy" ? "Buy" : "Sell"} ${type === "limit" ? "limit" : "stop"} at ${writePrice(Number(price), pricePlaces())}`, side);
    choice.type = "button";
    choice.onclick = () => { menu.hidePopover(); setSide(side); setType(type); takePrice(price); element("quantity").focus(); };
    return choice;
  }));
  menu.style.left = `${Math.min(event.clientX, innerWidth - 200)}px`;
  menu.style.top = `${Math.min(event.clientY, innerHeight - 150)}px`;
  const openMenu = () => setTimeout(() => { menu.showPopover(); menu.firstChild.focus(); });
  if (event.buttons) addEventListener("pointerup", openMenu, { once: true });  // which would close what is open before it
  else openMenu();
}
