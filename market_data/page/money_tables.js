/* Balances and positions, and the ways out of a position. */

import { EQUITY_SHOWN } from "./bounds.js";
import { clock, cutPlaces, fromUnits, group, placesOf, shorten, toUnits, writeMoment } from "./decimals.js";
import { makeName } from "./drafts.js";
import { create, element, elements, setText, show } from "./dom.js";
import { equity, listEquity, writeWorth } from "./equity.js";
import { resample } from "./equity_past.js";
import { gateway } from "./gateway.js";
import { lastPrice, marketOf, symbols } from "./markets.js";
import { money } from "./money.js";
import { fillTable } from "./order_tables.js";
import { askUser, toast } from "./questions.js";
import { sendOrder } from "./sending.js";
import { drawSpark } from "./spark.js";
import { averageTenths, walkBook } from "./sweep.js";

let moneyDrawn = "";

export function drawMoney() {
  const panel = ["positions", "balances"].find(name => !element(`panel-${name}`).hidden) ?? "";
  const state = [money.version, panel, ...(panel ? symbols.map(lastPrice) : []), panel === "balances" && equity.age].join();
  if (moneyDrawn === state) return;
  moneyDrawn = state;
  for (const tab of elements("#tab-positions, #tab-balances")) tab.hidden = !money.hasLedger;
  fillTable("balances", [...money.balances].map(([asset, balance]) => [[asset], [group(balance.free)], [group(balance.locked)], [writeWorth(asset, balance)]]));
  if (panel === "balances") drawEquity();
  drawPositions();
}

const sinceWord = time => (Date.now() - time < 86_400_000 ? clock(time) : writeMoment(time));

function drawEquity() {
  const { quote, missing } = equity, points = listEquity(), now = points[points.length - 1]?.value, change = now - points[0]?.value, node = element("equity-change");
  show("worth-name", `Worth in ${quote}`);
  show("equity-now", now === undefined ? "–" : `${group(now.toFixed(2))} ${quote}`);
  setText(node, now === undefined ? "" : `${change < 0 ? "" : "+"}${group(change.toFixed(2))} since ${sinceWord(points[0].time)}`);
  node.className = signClass(change);
  show("equity-missing", missing.length ? `without ${missing.join(", ")}: not traded yet` : "");
  element("equity-line").replaceChildren(drawSpark(resample(points, EQUITY_SHOWN)));
}

/* By the last price there is now; the gateway's figure is of the last fill. */
function findUnrealized({ symbol: name, quantity, average_entry_price: entry, unrealized, last_price }) {
  const last = lastPrice(name);
  return !entry || !last || last === last_price ? unrealized : (Number(quantity) * (Number(last) - Number(entry))).toFixed(8);
}

export const isHeld = position => Number(position.quantity) !== 0;
const signClass = text => (Number(text) > 0 ? "up" : Number(text) < 0 ? "down" : "");

function drawPositions() {
  const body = element("positions"), list = money.positions;
  element("positions-empty").hidden = list.length > 0;
  setText(element("position-count"), String(list.filter(isHeld).length || ""));
  fillTable("positions", list.map(each => {
    const unrealized = findUnrealized(each), last = lastPrice(each.symbol) ?? each.last_price;
    return [
      [each.symbol], [shorten(each.quantity)], [each.average_entry_price ? group(trim(each.average_entry_price, last)) : "–"], [group(last)],
      [group(trim(unrealized, last)), signClass(unrealized)], [group(trim(each.realized, last)), signClass(each.realized)],
    ];
  }));
  list.forEach((position, index) => fillActions(body.rows[index], position));
}

/* As many places as prices of the instrument have. */
const trim = (text, price) => cutPlaces(text, placesOf(price));

/* The buttons stay while prices go on: whoever points at one keeps it. */
function fillActions(row, position) {
  const cell = row.cells[6] ?? row.insertCell(), state = `${position.symbol} ${position.quantity}`;
  if (cell.dataset.state === state) return;
  cell.dataset.state = state;
  if (!isHeld(position)) { cell.replaceChildren(); return; }
  const flatten = create("button", "Flatten"), reverse = create("button", "Reverse");
  flatten.type = reverse.type = "button";
  flatten.onclick = () => askToTrade(position, 1, "Flatten");
  reverse.onclick = () => askToTrade(position, 2, "Reverse");
  cell.replaceChildren(flatten, " ", reverse);
}

/* What is smaller than a lot cannot be traded and stays. */
export async function askToTrade(position, times, verb) {
  const grid = gateway.instruments.get(position.symbol);
  if (!grid) return;
  const isLong = !position.quantity.startsWith("-"), side = isLong ? "sell" : "buy";
  const held = toUnits(position.quantity.replace("-", ""), grid.lotPlaces), lots = Math.floor(held / grid.lot) * grid.lot * times;
  if (!lots) { toast(`${shorten(position.quantity)} ${grid.base} is less than can be traded, and stays.`); return; }
  const quantity = fromUnits(lots, grid.lotPlaces), { book } = marketOf(position.symbol);
  const walk = walkBook((isLong ? book.bids : book.asks).levels, side, lots);
  const about = walk.count ? ` The book on this page gives about ${shorten(fromUnits(averageTenths(walk), grid.pricePlaces + 1))}, worst ${shorten(walk.worst?.price)}${walk.left ? `, and has only ${shorten(fromUnits(walk.taken, grid.lotPlaces))}` : ""}.` : "";
  const answer = await askUser(`${verb} ${position.symbol}?`, `A market order to ${side} ${shorten(quantity)} ${grid.base}.${about}`, [{ text: `${verb}: ${side} ${shorten(quantity)}`, value: "yes" }]);
  if (answer === "yes") sendOrder({ symbol: position.symbol, side, order_type: "market", quantity, client_order_id: makeName() });
}
