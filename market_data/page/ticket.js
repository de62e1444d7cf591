/* The ticket. */

import { fromUnits, isDecimal, shorten, toUnits } from "./decimals.js";
import { nameDraft, touchDraft } from "./drafts.js";
import { create, element, elements, setText, show } from "./dom.js";
import { draw } from "./frames.js";
import { gateway } from "./gateway.js";
import { guessPrice, market, symbol } from "./markets.js";
import { isNotLive } from "./state.js";
import { readSize, showUnit, size } from "./sizes.js";
import { readTerms, showTerms } from "./terms.js";
import { drawType } from "./type_drawings.js";
import { ORDER_TYPES } from "./words.js";

const FOLLOWS = "The stop price stays so far behind the best price since it began, and never goes back; where the market turns and reaches it, it acts.";

/** @type {{ side: Side, type: string, stopKind: string, grid: Grid | null, isPriceOurs: boolean, example: string }} */
export const ticket = { side: "buy", type: "limit", stopKind: "", grid: null, isPriceOurs: true, example: "100" };  // isPriceOurs: nobody has chosen the price yet
export const inputs = { price: element("price"), stop_price: element("stop-price"), activation_price: element("activation-price"), profit_price: element("profit-price"), quantity: element("quantity"), display_quantity: element("display-quantity") };
const marked = { ...inputs, trailing_offset: inputs.stop_price, quote_quantity: inputs.quantity, expires_at: element("expires-at") };

/** By symbol. @type {Map<string, any>} */
const keptDrafts = new Map();

export function makeOptions(select, entries) {
  select.replaceChildren(...entries.map(([value, text]) => { const option = create("option", text); option.value = value; return option; }));
}

/* Bring fields, words and colours in line with side, type and symbol. */
export function showTicket() {
  const grid = gateway.instruments.get(symbol), type = ORDER_TYPES[ticket.type];
  if (grid && grid !== ticket.grid) startTicket(grid);
  element("price-field").hidden = !type.price;
  showStop(type, grid);
  element("profit-field").hidden = !type.profit;
  setText(element("price-field").firstElementChild, inputs.price.ariaLabel = type.priceName ?? "Price");
  show("type-hint", isFollowing() ? type.followingHint ?? FOLLOWS : type.hint);
  showTerms();
  element("type-drawing").replaceChildren(drawType(ticket.type, ticket.side, isFollowing()));
  for (const button of elements(".sides button")) button.setAttribute("aria-pressed", String(button.dataset.side === ticket.side));
  element("submit").dataset.side = ticket.side;
  show("submit", `${ticket.side === "buy" ? "Buy" : "Sell"} ${grid?.base ?? ""}${isNotLive() ? " · not live" : ""}`);
  draw();
}

/* A stop has a price, or follows the market so far behind. */
function showStop(type, grid) {
  const name = isFollowing() ? "Stays behind" : "Stop price";
  element("stop-price-field").hidden = !type.stop;
  element("activation-field").hidden = !isFollowing();
  element("stop-kind").value = ticket.stopKind;
  setText(element("stop-price-field").firstElementChild, inputs.stop_price.ariaLabel = name);
  if (isFollowing()) inputs.stop_price.placeholder = ticket.stopKind === "price" ? `e.g. ${grid ? fromUnits(grid.tick * 100, grid.pricePlaces) : "1"}` : "e.g. 50";
}

/** Whether the ticket's stop follows the market. */
export const isFollowing = () => Boolean(ORDER_TYPES[ticket.type].stop && ticket.stopKind);

/** `kind`: what the offset counts; "": it is a stop price. A number of one is none of the other. */
export function setStopKind(kind) {
  ticket.stopKind = kind;
  inputs.stop_price.value = "";
  changeTerms();
}

function startTicket(grid) {
  keepDraft();
  ticket.grid = grid;
  for (const unit of elements("em[data-unit]")) setText(unit, grid[unit.dataset.unit]);
  makeOptions(element("quantity-unit"), [["base", grid.base], ["quote", grid.quote]]);
  makeOptions(element("stop-kind"), [["", grid.quote], ["basis_points", "bp, follows"], ["price", `${grid.quote}, follows`]]);
  showUnit();
  const kept = keptDrafts.get(grid.symbol) ?? { price: "", stop_price: "", activation_price: "", profit_price: "", quantity: size.unit === "base" ? fromUnits(grid.lot * 10000, grid.lotPlaces) : "", display_quantity: "", isPriceOurs: true };
  for (const [name, input] of Object.entries(inputs)) input.value = kept[name];
  Object.assign(ticket, { isPriceOurs: kept.isPriceOurs, stopKind: kept.stopKind ?? "" });
  markInvalid(null);
  touchDraft();
  say("", "");
}

/* Whoever looks at another symbol finds the ticket again as it was. */
function keepDraft() {
  if (!ticket.grid) return;
  const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
  keptDrafts.set(ticket.grid.symbol, { ...values, isPriceOurs: ticket.isPriceOurs, stopKind: ticket.stopKind });
}

/* Until somebody chooses a price it is the best one of the own side, which waits and never crosses.
   It stands still while somebody is about to send it. */
export function suggestPrice() {
  const { grid } = ticket, known = referencePrice();
  if (!grid) return;
  ticket.example = Number(known) ? known : guessPrice(grid);
  const placeholder = `e.g. ${shorten(ticket.example).replaceAll(",", "")}`;
  for (const input of [inputs.price, inputs.profit_price, ...(isFollowing() ? [] : [inputs.stop_price])]) if (input.placeholder !== placeholder) input.placeholder = placeholder;
  if (ticket.isPriceOurs && !element("ticket").contains(document.activeElement)) fillPrice();
}

function fillPrice() {
  const known = referencePrice(), value = Number(known) ? known : "";
  if (inputs.price.value === value) return;
  inputs.price.value = value;
  draw();
}

/* Somebody has chosen what is in the field, by hand, by arrow or by a click. */
export function choose(input) {
  if (input === inputs.price) ticket.isPriceOurs = input.value.trim() === "";
  markInvalid(null);
  changeDraft();
  draw();
}

/* What was said of the draft before is no longer true of this one; the type's hint is there again. */
function changeDraft() {
  touchDraft();
  if (element("answer").dataset.kind === "bad") say("", "");
}

export function changeTerms() {
  markInvalid(null);
  changeDraft();
  showTicket();
}

export function setSide(side) {
  ticket.side = side;
  changeDraft();
  if (ticket.isPriceOurs) fillPrice();
  showTicket();
}
export function setType(type) {
  ticket.type = type;
  element("order-type").value = type;
  markInvalid(null);
  changeDraft();
  showTicket();
}

/* A price of the book goes into the price, with Shift into the stop price; a plain stop has that alone. */
export function takePrice(price, isStop = false) {
  const type = ORDER_TYPES[ticket.type];
  if (isStop && !type.stop) setType("stop_loss");
  else if (!type.price && !type.stop) setType("limit");
  const stop = isFollowing() ? inputs.activation_price : inputs.stop_price;
  const input = isStop || !ORDER_TYPES[ticket.type].price ? stop : inputs.price;
  input.value = price;
  choose(input);
}

export function stepField(input, steps) {
  const grid = ticket.grid;
  if (!grid) return;
  const isQuantity = input === inputs.quantity || input === inputs.display_quantity, isAmount = (input === inputs.quantity && size.unit === "quote") || isOffset(input, "basis_points");
  const [unit, places] = isAmount ? [1, 0] : isQuantity ? [grid.lot, grid.lotPlaces] : [grid.tick, grid.pricePlaces];
  const text = input.value.trim() || (isQuantity || isOffset(input) ? "0" : referencePrice());
  if (!isDecimal(text)) return;
  const whole = Math.floor(toUnits(text, places) / unit);
  input.value = fromUnits(Math.max(1, whole + steps) * unit, places);
  choose(input);
}

const isOffset = (input, kind = ticket.stopKind) => input === inputs.stop_price && isFollowing() && ticket.stopKind === kind;

function referencePrice() {
  const { book, trades } = market();
  const side = ticket.side === "buy" ? book.bids : book.asks;
  return side.levels[0]?.price ?? trades[0]?.price ?? "0";
}

export function say(kind, text, ...offers) {
  const answer = element("answer");
  answer.dataset.kind = kind;
  answer.replaceChildren(...(text ? [create("div", text)] : []));
  for (const offer of offers) {
    if (!offer) continue;
    const button = create("button", offer.text);
    button.type = "button";
    button.onclick = offer.accept;
    answer.append(button);
  }
}

export function markInvalid(field) {
  for (const input of Object.values(marked)) input.setAttribute("aria-invalid", "false");
  marked[field]?.setAttribute("aria-invalid", "true");
}
/** The field of the ticket that an order's field comes from. */
export const fieldOf = name => marked[name] ?? null;

function readStop() {
  const text = inputs.stop_price.value.trim(), from = inputs.activation_price.value.trim();
  if (!isFollowing()) return { stop_price: text };
  return { trailing_offset: text, trailing_offset_type: ticket.stopKind, ...(from && { activation_price: from }) };
}

export function readTicket() {
  const type = ORDER_TYPES[ticket.type];
  const order = { symbol, side: ticket.side, order_type: ticket.type, ...readSize(ticket.grid), ...readTerms(), client_order_id: nameDraft() };
  if (type.price) order.price = inputs.price.value.trim();
  if (type.stop) Object.assign(order, readStop());
  if (type.profit) order.profit_price = inputs.profit_price.value.trim();
  if (element("self-trade").value !== "none") order.self_trade_prevention = element("self-trade").value;
  return order;
}
