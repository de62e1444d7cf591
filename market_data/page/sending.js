/* Sending an order, and what is said of it. */

import { beginSending, endSending, isDraftLocked } from "./drafts.js";
import { openConnection } from "./controls.js";
import { cutPlaces, fromUnits, group, isDecimal, shorten, toUnits } from "./decimals.js";
import { element, words } from "./dom.js";
import { call, gateway, Unreachable } from "./gateway.js";
import { beginJourney, endJourney } from "./latency.js";
import { fieldInList, makeList } from "./lists.js";
import { market } from "./markets.js";
import { takeFill, takeOrder } from "./orders.js";
import { pulse } from "./pulse.js";
import { isRepair, readingsOf } from "./readings.js";
import { replay } from "./replay.js";
import { readLots } from "./sizes.js";
import { isLive } from "./state.js";
import { choose, fieldOf, inputs, markInvalid, readTicket, say, ticket } from "./ticket.js";
import { offsetWord, trailWord } from "./trailing.js";
import { findWarnings } from "./warnings.js";
import { ORDER_TYPES } from "./words.js";

/** Send what the ticket says, unless it has just been sent or should be asked about. */
export function sendTicket() {
  if (isDraftLocked()) return;
  const order = readTicket(), wrong = ["price", "stop_price", "trailing_offset", "activation_price", "profit_price", "quantity", "quote_quantity", "display_quantity"].find(name => order[name] !== undefined && !isDecimal(order[name]));
  markInvalid(null);
  if (wrong) { sayNoNumber(wrong, order[wrong]); return; }
  if (order.expires_at === "") { markInvalid("expires_at"); say("bad", "The day and time are needed until which it is in force."); return; }
  if (!isLive()) { askWhetherToSend(order); return; }
  const { grid } = ticket, quantity = grid && fromUnits(readLots(grid) ?? 0, grid.lotPlaces);
  const warnings = grid ? findWarnings({ ...order, quantity }, grid, market().book, market().trades[0]?.price ?? null) : [];
  if (warnings.length) say("bad", `Not sent yet. ${warnings.join(" ")}`, { text: `Send it: ${describeOrder(order)}`, accept: () => sendOrder(order) });
  else sendOrder(order);
}

/* The name makes it safe to send the same order again where no answer came. */
export async function sendOrder(order) {
  beginSending();
  say("", "Sending …");
  let isOrder = false;
  const journey = beginJourney(describeOrder(order), order.symbol, normalPrice(order.price));
  try {
    const { isList } = ORDER_TYPES[order.order_type], path = isList ? "/v1/order-lists" : "/v1/orders";
    const { isGood, answer, timing, milliseconds: took } = await call("POST", `${path}?response=full`, { body: isList ? makeList(order) : order, prefer: "timing" });
    isOrder = isGood && answer.status !== "unknown";
    if (!isGood) { sayProblem(answer, order); return; }
    const [first, ...others] = isList ? answer.orders ?? [] : [answer];
    if (first) endJourney(journey, first.order_id, took, first.timestamp, timing);
    if (isList) { takeList(order, answer, [first, ...others]); return; }
    takeAnswer(order, answer);
    sayResult(order, answer);
    if (isOrder && order.display_quantity) inputs.display_quantity.value = "";  // it was that order's; another one may be smaller
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    say("bad", "No answer from the gateway: the order may have arrived or not. Sending the same again never makes a second one.", { text: "Send the same again", accept: () => sendOrder(order) });
  } finally { endSending(isOrder); }
}

function describeOrder(order) {
  const at = order.price ?? order.stop_price;
  if (order.trailing_offset) return `${order.side} ${order.quantity ?? order.quote_quantity}${order.price ? ` at ${order.price}, its stop` : ","} ${offsetWord(order)} behind the market`;
  return `${order.side} ${order.quantity ?? `for ${order.quote_quantity} ${ticket.grid?.quote}`}${at ? ` at ${at}` : ` ${ORDER_TYPES[order.order_type].label.toLowerCase()}`}`;
}

/* Without a live book nobody knows what an order will meet. */
function askWhetherToSend(order) {
  const why = pulse.trouble || (replay.isOn && "what you see is a replay") || "the book on this page is not live, prices may have moved";
  say("bad", `Not sent: ${why}.`, { text: `Send without a live book: ${describeOrder(order)}`, accept: () => sendOrder(order) });
}

/* What the gateway would refuse as well, in the words of a form. */
function sayNoNumber(name, text) {
  const input = fieldOf(name), take = meant => { input.value = meant; choose(input); say("", ""); element("submit").focus(); };
  markInvalid(name);
  input.focus();
  if (text === "") say("bad", name === "trailing_offset" ? "How far the stop stays behind is needed." : `A ${words(name)} is needed.`);
  else say("bad", `The ${words(name)} must be a plain number, such as ${name.endsWith("quantity") ? "0.5" : name === "trailing_offset" ? "50" : ticket.example}.`, ...readingsOf(text).map(meant => ({ text: `Use ${meant}`, accept: () => take(meant) })));
}

function takeAnswer(order, { fills: traded = [], ...answer }) {
  const places = ticket.grid?.lotPlaces ?? 0;
  const quantity = order.quantity ? fromUnits(toUnits(order.quantity, places), places) : answer.quantity;
  takeOrder({ ...order, filled_quantity: "0", ...answer, quantity, price: normalPrice(order.price), stop_price: normalPrice(order.stop_price) ?? answer.stop_price ?? null });
  for (const fill of traded) takeFill({ ...fill, order_id: answer.order_id, symbol: order.symbol, side: order.side, timestamp: answer.timestamp });
}

function normalPrice(text) {
  const places = ticket.grid?.pricePlaces ?? 0;
  return text === undefined ? null : fromUnits(toUnits(text, places), places);
}

/* All orders of a list, or word that it is in the queue. */
function takeList(order, answer, results) {
  const { orders: parts } = makeList(order), name = order.order_type.toUpperCase();
  if (!answer.orders) { say("", `${name}: in the queue; the engine has not answered yet.`); return; }
  results.forEach((result, index) => takeAnswer({ symbol: order.symbol, ...parts[index] }, result));
  const traded = Number(results[0].filled_quantity) ? ` ${describeTraded(order, results[0], true)}.` : "";
  say("good", `${name} is placed: ${results.map((result, index) => `${parts[index].side} ${ORDER_TYPES[parts[index].order_type].label.toLowerCase()}`).join(", ")}.${traded}`);
}

const sayIdentity = () => (gateway.key ? "the API key, or its secret, is not accepted." : "the gateway asks for an API key.");
const NEEDS_KEY = new Set(["unauthorized", "forbidden", "timestamp_out_of_window"]);

/* With the field's name as one reads it. */
function writeDetail({ detail, field }, name) {
  const own = (field ?? "").split(".").pop(), text = own ? detail.replaceAll(own, words(name ?? own)) : detail;
  return text[0].toUpperCase() + text.slice(1);
}

export function sayProblem(problem, order) {
  const name = fieldInList(order.order_type, problem.field), field = fieldOf(name) ? name : null;
  markInvalid(field);
  const text = problem.code === "unauthorized" ? sayIdentity() : problem.detail ? `${writeDetail(problem, name)}.` : "The gateway refused it.";
  const offer = NEEDS_KEY.has(problem.code) ? { text: "Connection and account …", accept: openConnection } : field && problem.nearest && isRepair(order[field], problem.nearest)
    ? { text: `Use ${problem.nearest}`, accept: () => { fieldOf(field).value = problem.nearest; choose(fieldOf(field)); say("", `${words(field)} is now ${group(problem.nearest)}.`); element("submit").focus(); } }
    : null;
  say("bad", `Refused: ${text}`, offer);
}

function sayResult(order, result) {
  const hasTraded = Number(result.filled_quantity ?? 0) > 0;
  const isBad = result.status === "rejected" || (result.status === "expired" && !hasTraded);
  say(isBad ? "bad" : "good", describeResult(order, result, hasTraded), offerAfter(order, result));
}

function describeResult(order, result, hasTraded) {
  const base = ticket.grid?.base ?? "", why = result.reason ? `: ${words(result.reason)}` : "";
  const traded = describeTraded(order, result, hasTraded);
  const texts = {
    filled: () => `Filled. ${traded}.`,
    partially_filled: () => `${traded}; ${shorten(result.remaining_quantity)} waits in the book.`,
    open: () => (order.trailing_offset ? `Follows the market: ${trailWord({ ...order, ...result }, true)}.` : ORDER_TYPES[order.order_type].stop ? `Waiting for ${group(order.stop_price)}.` : `In the book: ${order.side} ${shorten(order.quantity)} ${base} at ${group(normalPrice(order.price))}.`),
    expired: () => (hasTraded ? `${traded}; the rest expired${why}.` : `Expired without a trade${why}.`),
    canceled: () => (hasTraded ? `${traded}; the rest was canceled${why}.` : `Canceled${why}.`),
    rejected: () => `Rejected${why}.`,
    accepted: () => "Accepted and in the queue; the engine has not answered yet.",
    unknown: () => "The queue's confirmation was lost: it may have been queued or not.",
  };
  return texts[result.status]?.() ?? `${words(result.status)}${why}.`;
}

function describeTraded(order, result, hasTraded) {
  const at = result.average_price ? ` at ${hasTraded ? "an average of " : ""}${shorten(cutPlaces(result.average_price, (ticket.grid?.pricePlaces ?? 0) + 2))}` : "";
  return `${order.side === "buy" ? "Bought" : "Sold"} ${shorten(result.filled_quantity ?? "0")} ${ticket.grid?.base ?? ""}${at}`;
}

function offerAfter(order, result) {
  if (result.reason === "would_trade") return offerPassive(order);
  return result.status === "unknown" ? { text: "Send the same again", accept: () => sendOrder(order) } : null;
}

/* The best price at which a post-only order would wait. */
function offerPassive(order) {
  const { book } = market(), grid = ticket.grid;
  const opposite = (order.side === "buy" ? book.asks : book.bids).levels[0];
  if (!opposite || !grid) return null;
  const price = fromUnits(opposite.ticks + (order.side === "buy" ? -grid.tick : grid.tick), grid.pricePlaces);
  return { text: `Use ${price}`, accept: () => { inputs.price.value = price; choose(inputs.price); say("", `The price is now ${group(price)}.`); element("submit").focus(); } };
}
