/* Symbols, intervals, tabs. */

import { endReplay, replay } from "./replay.js";
import { charts } from "./charts.js";
import { create, element, elements, store, words } from "./dom.js";
import { ask, feed, switchStreams } from "./feed.js";
import { draw } from "./frames.js";
import { gateway, showHalt } from "./gateway.js";
import { interval, setCandleInterval, setSymbol, symbol, symbols } from "./markets.js";
import { opened } from "./orders.js";
import { loadCandles } from "./past.js";
import { refilterRaw } from "./raw.js";
import { updateState } from "./state.js";
import { tapeRows } from "./tape.js";
import { showTicket } from "./ticket.js";
import { INTERVALS } from "./words.js";

function pressOne(id, chosen, choose) {
  const box = element(id), names = box.dataset.names;
  return list => {
    if (names !== list.join()) {
      box.dataset.names = list.join();
      box.replaceChildren(...list.map(name => { const button = create("button", name); button.type = "button"; button.onclick = () => choose(name); return button; }));
    }
    for (const button of box.children) button.setAttribute("aria-pressed", String(button.textContent === chosen()));
  };
}
export function showSymbols() {
  pressOne("symbols", () => symbol, chooseSymbol)(symbols);
  for (const button of element("symbols").children) {
    const phase = gateway.instruments.get(button.textContent)?.phase ?? "continuous";
    button.title = phase === "continuous" ? "" : words(phase);
    button.toggleAttribute("data-stands", phase !== "continuous");
  }
}
export const showIntervals = () => pressOne("intervals", () => interval, chooseInterval)(INTERVALS);

export function chooseSymbol(name) {
  if (name === symbol) return;
  if (replay.isOn) endReplay();
  setSymbol(name);
  store.write("symbol", name);
  switchStreams();
  updateState();
  showSymbols();
  if (gateway.state === "ready") { showTicket(); showHalt(); }
  for (const row of tapeRows) row.dataset.trade = "";
  charts.drawSoon();
  draw();
}

export function chooseInterval(name) {
  const isFollowed = feed.followed === symbol;
  if (isFollowed) ask("unsubscribe", { channels: [`candles_${interval}`], symbols: [symbol] });
  setCandleInterval(name);
  store.write("interval", name);
  if (isFollowed) ask("subscribe", { channels: [`candles_${interval}`], symbols: [symbol] });
  loadCandles();
  showIntervals();
  charts.drawSoon();
  draw();
}

export function openTab(tab) {
  for (const other of tab.parentElement.children) {
    const isThis = other === tab;
    other.setAttribute("aria-selected", String(isThis));
    other.tabIndex = isThis ? 0 : -1;
    element(other.getAttribute("aria-controls")).hidden = !isThis;
  }
  charts.isDepth = !element("depth").hidden;
  for (const id of ["intervals", "studies", "order-lines"]) element(id).hidden = charts.isDepth;
  charts.drawSoon();
  showActivityTools();
  refilterRaw();
  draw();
}

export function showActivityTools() {
  const shown = name => !element(`panel-${name}`).hidden;
  element("raw-filter").hidden = element("raw-pause").hidden = !shown("raw");
  element("orders-note").hidden = shown("raw");
  element("open-held").hidden = element("order-filter").hidden = !shown("open");
  element("cancel-all").hidden = !shown("open") || opened.size < 2;
  element("save-csv").hidden = !(shown("history") || shown("fills"));
}

for (const list of elements("[role=tablist]")) {
  const tabs = [...list.children];
  tabs.forEach((tab, index) => {
    tab.tabIndex = index ? -1 : 0;
    tab.onclick = () => openTab(tab);
    tab.onkeydown = event => {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!move) return;
      event.stopPropagation();
      const next = tabs[(index + move + tabs.length) % tabs.length];
      openTab(next);
      next.focus();
    };
  });
}
