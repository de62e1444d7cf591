/* Amending an order in its row: prices and quantity become fields; Enter saves, Esc gives up. */

import { changeOrder } from "./changes.js";
import { create, words } from "./dom.js";
import { draw } from "./frames.js";
import { noteOrders } from "./orders.js";
import { isRepair } from "./readings.js";
import { say } from "./ticket.js";
import { isTrailing } from "./trailing.js";
import { OPEN } from "./words.js";

const LABELS = { stop_price: "New stop price", price: "New price", quantity: "New total quantity" };

export function editRow(row, order) {
  const [, , price, quantity, , , , actions] = row.cells, save = create("button", "Save"), leave = create("button", "Discard");
  const hasStop = order.stop_price && order.triggered !== true && !isTrailing(order);  // one that follows cannot be set
  const fields = Object.fromEntries([hasStop && "stop_price", order.price && "price", "quantity"].filter(Boolean).map(name => [name, makeField(order, name)]));
  row.isEdited = true;
  price.replaceChildren(...["stop_price", "price"].filter(name => fields[name]).map(name => fields[name]));
  quantity.replaceChildren(fields.quantity);
  const apply = () => saveRow(row, order, fields);
  row.onkeydown = event => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") { event.preventDefault(); apply(); }
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); closeRow(row); }
  };
  row.followEdit = now => { if (now && !OPEN.has(now.status)) endEdit(row, now, [...Object.values(fields), save]); };
  save.onclick = apply;
  leave.onclick = () => closeRow(row);
  save.type = leave.type = "button";
  actions.replaceChildren(save, " ", leave);
  const first = fields.price ?? fields.stop_price ?? fields.quantity;
  first.focus();
  first.select();
}

async function saveRow(row, order, fields) {
  const body = {};
  for (const [name, input] of Object.entries(fields)) if (input.value.trim() !== order[name]) body[name] = input.value.trim();
  if (!Object.keys(body).length) { closeRow(row); return; }
  const problem = await changeOrder("PATCH", order, body);
  if (!problem) closeRow(row);
  else if (row.isEdited) markProblem(fields[problem.field] ?? fields.price ?? fields.stop_price ?? fields.quantity, problem);
}

/* Whoever came by keys stands where they were. */
function closeRow(row) {
  const hadFocus = row.contains(document.activeElement);
  row.isEdited = false;
  row.onkeydown = null;
  row.dataset.state = "";
  for (const cell of [row.cells[2], row.cells[3]]) cell.replaceChildren();
  noteOrders();
  draw();
  if (hadFocus) setTimeout(() => { row.querySelector("button")?.focus(); noteOrders(); draw(); }, 60);  // once it is drawn
}

/* It has ended elsewhere: the row stays, and says so. */
function endEdit(row, order, parts) {
  if (parts[0].disabled) return;
  for (const part of parts) part.disabled = true;
  row.cells[7].lastChild.focus();
  say("bad", `The order that you were amending is ${words(order.status)}${order.reason ? `: ${words(order.reason)}` : ""}.`);
}

function makeField(order, name) {
  const input = create("input");
  input.value = order[name];
  input.inputMode = "decimal";
  input.title = LABELS[name];
  input.setAttribute("aria-label", input.title);
  return input;
}

function markProblem(input, problem) {
  input.setAttribute("aria-invalid", "true");
  input.focus();
  if (!problem.nearest || !isRepair(input.value.trim(), problem.nearest)) return;
  say("bad", `Not amended: ${problem.detail}.`, { text: `Use ${problem.nearest}`, accept: () => { input.value = problem.nearest; input.setAttribute("aria-invalid", "false"); input.focus(); say("", "Press Enter to send the amend."); } });
}
