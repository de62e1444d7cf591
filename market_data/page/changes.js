/* Cancel and amend. */

import { fromUnits, toUnits } from "./decimals.js";
import { call, gateway, Unreachable } from "./gateway.js";
import { symbol } from "./markets.js";
import { loadOrders, opened, takeOrder } from "./orders.js";
import { privateFeed } from "./private_feed.js";
import { askUser, toast } from "./questions.js";
import { say } from "./ticket.js";

export async function changeOrder(method, order, body) {
  try {
    const { isGood, answer } = await call(method, `/v1/orders/${order.order_id}`, { body });
    if (!isGood) {
      const nearest = answer.nearest ? ` The nearest valid one is ${answer.nearest}.` : "";
      say("bad", `Not ${method === "DELETE" ? "canceled" : "amended"}: ${answer.detail ?? "refused"}.${nearest}`);
      if (answer.code === "unknown_order" || answer.code === "order_closed") loadOrders();
      return answer;
    }
    say("good", method === "DELETE" ? "Canceled." : "Amended.");
    takeOrder({ ...answer, ...changedValues(order, answer, body) });
    return null;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    say("bad", "No answer from the gateway: look at the order before you try again.");
    return { detail: "no answer" };
  }
}

function changedValues(order, answer, body) {
  const sequence = order.sequence, grid = gateway.instruments.get(order.symbol);
  const values = { sequence };
  for (const name of ["price", "stop_price"]) if (body?.[name] && grid) values[name] = fromUnits(toUnits(body[name], grid.pricePlaces), grid.pricePlaces);
  if (body?.quantity && grid) values.quantity = fromUnits(toUnits(body.quantity, grid.lotPlaces), grid.lotPlaces);
  return values;
}

/* What may be canceled together, each with how many it is: of this symbol, of a side of it, of all. */
function listChoices() {
  const open = [...opened.values()], own = open.filter(order => order.symbol === symbol), choices = [];
  const offer = (value, text, list) => { if (list.length) choices.push({ value, text: `${text}: ${list.length}`, list }); };
  offer("symbol", symbol, own);
  for (const side of ["buy", "sell"]) offer(side, `${symbol}, ${side}s`, own.filter(order => order.side === side));
  if (own.length < open.length) offer("all", "All symbols", open);
  return choices;
}

export async function askWhatToCancel() {
  const choices = listChoices();
  if (!choices.length) { toast("No order is open."); return; }
  const value = await askUser("Cancel open orders?", "They leave the book at once, and their place in the queue is lost.", choices);
  const chosen = choices.find(choice => choice.value === value);
  if (!chosen) return;
  if (value === "buy" || value === "sell") cancelEach(chosen.list);
  else cancelTogether(value === "all" ? "" : `?symbol=${encodeURIComponent(symbol)}`);
}

/* One request, however many there are. */
async function cancelTogether(query) {
  try {
    const { isGood, answer } = await call("DELETE", `/v1/orders${query}`);
    if (!isGood) { say("bad", `Not canceled: ${answer.detail ?? "refused"}.`); return; }
    say("good", answer.canceled === undefined ? "Canceling." : `Canceled ${countOrders(answer.canceled)}.`);
    if (!privateFeed.isLive) loadOrders();
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    say("bad", "No answer from the gateway: look at your orders before you try again.");
  }
}

const countOrders = count => `${count} ${count === 1 ? "order" : "orders"}`;
const AT_ONCE = 8;

/* A side has no request of its own. */
async function cancelEach(list) {
  let canceled = 0;
  for (let index = 0; index < list.length; index += AT_ONCE) {
    const answers = await Promise.allSettled(list.slice(index, index + AT_ONCE).map(order => call("DELETE", `/v1/orders/${order.order_id}`)));
    canceled += answers.filter(answer => answer.status === "fulfilled" && answer.value.isGood).length;
  }
  say(canceled === list.length ? "good" : "bad", `Canceled ${canceled} of ${countOrders(list.length)}.`);
}
