/* What else an order says: for how long, how much of it shows, and whether a stop may fire at once. */

import { element } from "./dom.js";
import { inputs, makeOptions, ticket } from "./ticket.js";
import { drawTerm } from "./type_drawings.js";
import { canRest, ORDER_TYPES, TIMES_IN_FORCE } from "./words.js";

const HOUR = 3_600_000;
/** The time in force that was chosen, for the types that take it. */
const terms = { chosen: "gtc" };

/** @returns {string} of the ticket's order; "": its type says it. */
export function readForce() {
  const { forces } = ORDER_TYPES[ticket.type];
  return !forces ? "" : forces.includes(terms.chosen) ? terms.chosen : "gtc";
}

/** Whether what does not trade at once waits at its price. */
export const isResting = () => ORDER_TYPES[ticket.type].as === "limit" || canRest(readForce());

export function showTerms() {
  const { forces = [], stop, isList } = ORDER_TYPES[ticket.type], select = element("time-in-force"), force = readForce();
  if (select.options.length !== forces.length) makeOptions(select, forces.map(name => [name, TIMES_IN_FORCE[name]]));
  select.value = force;
  const shown = { force: force !== "", until: force === "gtd", display: canRest(force), reject: Boolean(stop && !isList) };
  for (const [name, isShown] of Object.entries(shown)) element(`${name}-field`).hidden = !isShown;
  for (const [name, drawing] of [["force", force || "gtc"], ["display", "iceberg"], ["reject", "reject"]]) element(`${name}-field`).lastChild.replaceChildren(drawTerm(drawing, ticket.side));
}

/* The local time, as its field takes it. */
function writeLocal(moment) {
  const date = new Date(moment);
  return new Date(moment - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function readTerms() {
  const force = readForce(), until = new Date(element("expires-at").value), display = inputs.display_quantity.value.trim();
  return {
    ...(force && force !== "gtc" && { time_in_force: force }),
    ...(force === "gtd" && { expires_at: isNaN(until.valueOf()) ? "" : until.toISOString() }),
    ...(canRest(force) && display && { display_quantity: display }),
    ...(!element("reject-field").hidden && element("reject-if-triggered").checked && { reject_if_triggered: true }),
  };
}

export function chooseForce(force) {
  const until = element("expires-at");
  terms.chosen = force;
  if (force === "gtd" && !(Date.parse(until.value) > Date.now())) until.value = writeLocal(Date.now() + HOUR);
}
