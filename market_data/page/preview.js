/* What the ticket's order would come to, from the exact book: before it is sent. */

import { fromUnits, group, multiply, shorten, toUnits } from "./decimals.js";
import { element, setText, show } from "./dom.js";
import { market, symbol } from "./markets.js";
import { estimateFee, findFree, money } from "./money.js";
import { countLots, fillShare, otherSide, readLots, readPrice, size } from "./sizes.js";
import { averageTenths, slippage, walkBook } from "./sweep.js";
import { isResting, readForce } from "./terms.js";
import { choose, inputs, ticket } from "./ticket.js";
import { ORDER_TYPES } from "./words.js";

/** How far the ladder's rows would be taken: side of the book, and ticks of the worst level. */
export const preview = { side: "", ticks: 0, drawn: "" };

export function drawPreview() {
  const { book, trades } = market(), { grid } = ticket;
  const state = [symbol, book.updateId, ticket.side, ticket.type, size.unit, readForce(), inputs.price.value, inputs.stop_price.value, inputs.quantity.value, money.version, trades[0]?.price].join();
  if (!grid || state === preview.drawn) return;
  preview.drawn = state;
  const walk = walkTicket(grid);
  Object.assign(preview, walk?.count ? { side: ticket.side === "buy" ? "asks" : "bids", ticks: walk.worst?.ticks } : { side: "", ticks: 0 });
  show("meets", describeMeeting(walk, grid, book));
  showAmounts(walk, grid);
}

const meetingType = () => ORDER_TYPES[ORDER_TYPES[ticket.type].as ?? ticket.type];

function walkTicket(grid) {
  const type = meetingType(), lots = readLots(grid), price = readPrice();
  if (type.stop || lots === null || (type.price && !price)) return null;
  return walkBook(otherSide(), ticket.side, lots, price && toUnits(price, grid.pricePlaces));
}

const isAllOrNothing = () => ticket.type === "fok" || readForce() === "fok";

function describeMeeting(walk, grid, book) {
  if (meetingType().stop) return "waits outside the book";
  if (!walk) return "–";
  if (!walk.count) return ticket.type === "market" ? "nobody to trade with" : describeWaiting(grid, book);
  if (walk.left && isAllOrNothing()) return `only ${shorten(fromUnits(walk.taken, grid.lotPlaces))} there: nothing trades`;
  const average = fromUnits(averageTenths(walk), grid.pricePlaces + 1);
  const rest = walk.left ? ` · ${shorten(fromUnits(walk.left, grid.lotPlaces))} left` : "";
  return `${shorten(average)}, worst ${shorten(walk.worst?.price)}, ${slippage(walk).toFixed(1)} bp${rest}`;
}

/* A price that waits: behind what is there already. */
function describeWaiting(grid, book) {
  const own = (ticket.side === "buy" ? book.bids : book.asks).levels, price = readPrice();
  if (!isResting() || !price) return "nobody at that price";
  const ticks = toUnits(price, grid.pricePlaces), level = own.find(each => each.ticks === ticks);
  return level ? `waits behind ${shorten(level.quantity)} ${grid.base}` : "waits, first at its price";
}

function showAmounts(walk, grid) {
  const lots = readLots(grid), quantity = lots === null ? null : fromUnits(lots, grid.lotPlaces), total = sumTotal(walk, grid, quantity), isBuy = ticket.side === "buy";
  const amount = total ? `${shorten(total)} ${grid.quote}` : ORDER_TYPES[ticket.type].price ? "–" : "at the market's prices";
  show("total", size.unit === "quote" && quantity ? `${shorten(quantity)} ${grid.base}, ${amount}` : amount);
  const received = isBuy ? quantity : total, isTaker = Boolean(walk?.count) || !ORDER_TYPES[ticket.type].price;
  const fee = received && estimateFee(symbol, isTaker, received);
  show("fee", fee ? `${group(Number(fee.toPrecision(4)).toString())} ${isBuy ? grid.base : grid.quote}` : "–");
  showAvailable(grid, lots);
}

/* What trades at once at the book's prices, and what is left at the order's own. */
function sumTotal(walk, grid, quantity) {
  const price = readPrice(), places = grid.pricePlaces + grid.lotPlaces;
  if (!walk?.count) return quantity && price ? multiply(price, quantity) : null;
  const rest = price ? toUnits(multiply(price, fromUnits(walk.left, grid.lotPlaces)), places) : 0;
  return fromUnits(Number(walk.notional) + rest, places);
}

const findBalance = grid => findFree(ticket.side === "buy" ? grid.quote : grid.base, grid.shard);

function showAvailable(grid, lots) {
  const asset = ticket.side === "buy" ? grid.quote : grid.base, balance = findBalance(grid), most = balance ? countLots(grid, balance.free, 100) : 0;
  setText(element("available"), balance ? `${shorten(balance.free)} ${asset}` : "–");
  for (const control of element("shares").children) control.disabled = !balance;
  const share = most && lots ? Math.min(100, Math.round((100 * lots) / most)) : 0;
  if (document.activeElement !== element("share")) element("share").value = String(share);
}

export function takeShare(percent) {
  const { grid } = ticket, balance = grid && findBalance(grid);
  if (!grid || !balance) return;
  fillShare(grid, balance.free, percent);
  choose(inputs.quantity);
}
