/* How much the ticket is for: in the base asset, or as an amount of the quote asset. */

import { fromUnits, isDecimal, multiply, toUnits } from "./decimals.js";
import { element } from "./dom.js";
import { market } from "./markets.js";
import { affordableInBook, affordableLots, shareOfLots, walkBook } from "./sweep.js";
import { inputs, isFollowing, ticket } from "./ticket.js";
import { ORDER_TYPES } from "./words.js";

/** @type {{ unit: "base" | "quote" }} */
export const size = { unit: "base" };

const readNumber = input => (isDecimal(input.value.trim()) ? input.value.trim() : null);
export const readPrice = () => (ORDER_TYPES[ticket.type].price ? readNumber(inputs.price) : null);
export const otherSide = () => { const { book } = market(); return (ticket.side === "buy" ? book.asks : book.bids).levels; };

/* What an amount is divided by: the order's own price, else that of its stop; else the book's are. */
const ownPrice = () => readPrice() ?? (ORDER_TYPES[ticket.type].stop && !isFollowing() ? readNumber(inputs.stop_price) : null);

/* The lots that `percent` of an amount of the quote asset pays for. */
function lotsFor(grid, amount, percent = 100) {
  const price = ownPrice();
  return price ? affordableLots(grid, amount, price, percent) : affordableInBook(grid, otherSide(), amount, percent);
}

/** The order's quantity in lots; null: not known. @param {Grid} grid @returns {number | null} */
export function readLots(grid) {
  const text = readNumber(inputs.quantity);
  if (!text) return null;
  return size.unit === "base" ? toUnits(text, grid.lotPlaces) : lotsFor(grid, text);
}

/* An amount rounded up means just these lots again. */
function writeLots(grid, lots) {
  const quantity = fromUnits(lots, grid.lotPlaces), price = ownPrice();
  if (size.unit === "base") return quantity;
  const units = price ? toUnits(multiply(price, quantity), grid.pricePlaces + grid.lotPlaces) : Number(walkBook(otherSide(), ticket.side, lots).notional);
  return fromUnits(Math.ceil(units / 10 ** grid.lotPlaces), grid.pricePlaces);
}

/** The same quantity in the other unit. */
export function chooseUnit(unit) {
  const { grid } = ticket, lots = grid && readLots(grid);
  size.unit = unit;
  if (grid && lots !== null) inputs.quantity.value = writeLots(grid, lots);
}

/** Of what is free of the asset that the order costs. */
export function countLots(grid, free, percent) {
  if (free.startsWith("-")) return 0;
  return ticket.side === "sell" ? shareOfLots(grid, free, percent) : lotsFor(grid, free, percent);
}

/** Put a share of what is free into the quantity. */
export function fillShare(grid, free, percent) {
  const isSpent = size.unit === "quote" && ticket.side === "buy" && !free.startsWith("-");
  inputs.quantity.value = isSpent ? fromUnits(Math.floor((toUnits(free, grid.pricePlaces) * percent) / 100), grid.pricePlaces) : writeLots(grid, Math.max(0, countLots(grid, free, percent)));
}

/** What an order says of its size; a market order may say the amount itself. */
export function readSize(grid) {
  const text = inputs.quantity.value.trim(), lots = grid && size.unit === "quote" ? readLots(grid) : null;
  if (lots === null || lots === undefined) return { quantity: text };
  return ticket.type === "market" ? { quote_quantity: text } : { quantity: fromUnits(lots, grid.lotPlaces) };
}

export const showUnit = () => { element("quantity-unit").value = size.unit; };
