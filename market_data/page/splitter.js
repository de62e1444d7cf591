/* The lines between the panels: dragged, or moved by arrow keys; what one has chosen is kept. */

import { element, elements, store } from "./dom.js";

/** Each sets a property of the styles: a share of the column in percent, or a panel's width in pixels.
 *  @type {Record<string, { property: string, unit: string, start: number, least: number, most: number, step: number, measure: (event: any) => number }>} */
const SPLITTERS = {
  "split-chart": { property: "chart-share", unit: "", start: 61, least: 25, most: 80, step: 3, measure: event => { const box = element("split-column").getBoundingClientRect(); return (100 * (event.clientY - box.top)) / box.height; } },
  "split-book": { property: "book-width", unit: "px", start: 288, least: 236, most: 460, step: 12, measure: event => elements(".book")[0].getBoundingClientRect().right - event.clientX },
  "split-side": { property: "side-width", unit: "px", start: 292, least: 284, most: 420, step: 12, measure: event => elements(".ticket")[0].getBoundingClientRect().right - event.clientX },
};

/** Whole arrangements, by name: a value for each splitter. */
export const LAYOUTS = { balanced: [61, 288, 292], "great chart": [78, 236, 284], "great book": [50, 420, 292], "many orders": [32, 260, 292] };

function moveSplitter(id, value, isKept = true) {
  const { property, unit, least, most } = SPLITTERS[id], whole = Math.round(Math.min(most, Math.max(least, value)));
  document.documentElement.style.setProperty(`--${property}`, `${whole}${unit}`);
  element(id).setAttribute("aria-valuenow", String(whole));
  if (isKept) store.write(property, String(whole));
}

export function setLayout(name) { Object.keys(SPLITTERS).forEach((id, index) => moveSplitter(id, LAYOUTS[name][index])); }

for (const [id, { property, start, least, most, step, measure }] of Object.entries(SPLITTERS)) {
  const line = element(id), isUpright = line.getAttribute("aria-orientation") === "vertical";
  const moves = isUpright ? { ArrowLeft: step, ArrowRight: -step } : { ArrowUp: -step, ArrowDown: step };
  Object.assign(line, { ariaValueMin: String(least), ariaValueMax: String(most) });
  line.onpointerdown = event => {
    line.setPointerCapture(event.pointerId);
    line.onpointermove = moved => moveSplitter(id, measure(moved));
    line.onpointerup = line.onpointercancel = () => { line.onpointermove = null; };
  };
  line.ondblclick = () => moveSplitter(id, start);
  line.onkeydown = event => {
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    moveSplitter(id, Number(line.getAttribute("aria-valuenow")) + moves[event.key]);
  };
  moveSplitter(id, Number(store.read(property)) || start, false);
}
