/* Small helpers. */

import { REASONS } from "./words.js";

/** Any kind of element: the page has them all. @type {(id: string) => any} */
export const element = id => document.getElementById(id);
export function setText(node, text) { if (node.textContent !== text) node.textContent = text; }
export const show = (id, text) => setText(element(id), text);
/** Every element of a selector. @type {(selector: string) => any[]} */
export const elements = selector => [...document.querySelectorAll(selector)];
/** @returns {any} */
export function create(tag, text = "", className = "") {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (className) node.className = className;
  return node;
}
export const words = code => REASONS[code] ?? String(code).replaceAll("_", " ");
export const limitMap = (map, most) => { while (map.size > most) map.delete(map.keys().next().value); };
export const isServed = location.protocol === "http:" || location.protocol === "https:";

export const store = {  // opened from disk, a browser may refuse storage
  /** @returns {any} */
  read(name) { try { return localStorage.getItem(`goquant.${name}`); } catch { return null; } },
  write(name, value) { try { localStorage.setItem(`goquant.${name}`, value); } catch { /* then not */ } },
};
