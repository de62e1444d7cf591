/* Raw messages. */

import { MESSAGES_KEPT, MESSAGES_SHOWN } from "./bounds.js";
import { create, element } from "./dom.js";

/** @type {{ kept: { type: string, text: string }[], waiting: { type: string, text: string }[], isPaused: boolean, filter: string }} */
export const raw = { kept: [], waiting: [], isPaused: false, filter: "" };

export function keepRaw(type, text) {
  const line = { type, text };
  raw.kept.push(line);
  if (raw.kept.length > MESSAGES_KEPT) raw.kept.shift();
  if (!raw.isPaused) raw.waiting.push(line);
  if (raw.waiting.length > MESSAGES_SHOWN) raw.waiting.shift();
}

export function drawRaw() {
  if (element("panel-raw").hidden || !raw.waiting.length) return;
  const list = element("raw"), lines = raw.waiting.filter(({ text }) => text.toLowerCase().includes(raw.filter));
  raw.waiting = [];
  for (const { type, text } of lines) {
    const body = create("div"), line = create("li");
    body.append(create("b", type), ` ${text.slice(0, 4000)}`);
    line.append(body);
    list.prepend(line);
  }
  while (list.childElementCount > MESSAGES_SHOWN) list.lastElementChild.remove();
}

export function refilterRaw() {
  raw.waiting = raw.kept.filter(({ text }) => text.toLowerCase().includes(raw.filter)).slice(-MESSAGES_SHOWN);
  element("raw").replaceChildren();
  drawRaw();
}
