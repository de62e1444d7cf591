/* Keys. */

import { element } from "./dom.js";
import { levelRows } from "./ladder.js";
import { symbol, symbols } from "./markets.js";
import { chooseSymbol } from "./navigation.js";
import { readPasted } from "./readings.js";
import { choose, inputs, setSide, stepField, ticket } from "./ticket.js";
import { ORDER_TYPES } from "./words.js";

const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 1000, PageDown: -1000 };

for (const input of Object.values(inputs)) {
  input.onkeydown = event => {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    stepField(input, STEPS[event.key] * (event.shiftKey ? 10 : 1));
  };
  input.oninput = () => choose(input);
  input.onpaste = event => pastePlain(event, input);
  for (const button of input.parentElement.querySelectorAll("button")) {
    button.onclick = event => { event.preventDefault(); stepField(input, Number(button.dataset.step) * (event.shiftKey ? 10 : 1)); };
  }
}

/* 50,000.00 from somewhere else is 50000.00; what may mean two things is left as it is, and asked about. */
function pastePlain(event, input) {
  const plain = readPasted(event.clipboardData?.getData("text") ?? "");
  if (plain === null) return;
  event.preventDefault();
  input.value = plain;
  choose(input);
}

/* What is offered below the fields, without the way there. */
element("ticket").onkeydown = event => {
  const offer = element("answer").querySelector("button");
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !offer) return;
  event.preventDefault();
  offer.click();
};

element("ladder").onkeydown = event => {
  const move = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!move) return;
  event.preventDefault(); event.stopPropagation();
  const rows = [...element("ladder").querySelectorAll(".level:not([data-empty]):not([hidden])")];
  const next = rows[rows.indexOf(document.activeElement) + move];
  if (!next) return;
  rows.find(row => row === document.activeElement)?.setAttribute("tabindex", "-1");
  next.tabIndex = 0;
  next.focus();
};

const isTyping = target => /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);

export function goToSide(side) {
  if (element("ticket").hidden) return;
  setSide(side);
  const type = ORDER_TYPES[ticket.type], input = type.stop ? inputs.stop_price : type.price ? inputs.price : inputs.quantity;
  input.focus();
  input.select();
}

function nextSymbol(move) {
  if (symbols.length > 1) chooseSymbol(symbols[(symbols.indexOf(symbol) + move + symbols.length) % symbols.length]);
}

const keys = {
  b: () => goToSide("buy"), s: () => goToSide("sell"), "?": () => element("help").showModal(),
  l: () => levelRows.bids[0].focus(), ArrowLeft: () => nextSymbol(-1), ArrowRight: () => nextSymbol(1),
  ArrowUp: () => stepField(inputs.price, 1), ArrowDown: () => stepField(inputs.price, -1),
};

/* Where a key has a meaning already: arrows scroll a list, and do nothing to a button. */
function hasOwnUse(target, key) {
  if (isTyping(target)) return true;
  if (/^Arrow(Up|Down)$/.test(key)) return target.closest?.(".scroll") != null;
  return /^Arrow(Left|Right)$/.test(key) && target.closest?.("#ticket, .ladder, .scroll") != null;
}

document.addEventListener("keydown", event => {
  if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = /** @type {any} */ (event.target);
  if (event.key === "Escape") { target.blur?.(); return; }
  if (hasOwnUse(target, event.key)) return;
  const action = keys[event.key.length > 1 ? event.key : event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});
