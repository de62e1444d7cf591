/* Everything by its name: symbols with their prices, and what the page can do. */

import { askWhatToCancel } from "./changes.js";
import { compact, group } from "./decimals.js";
import { demo, startDemo, stopDemo } from "./demo.js";
import { create, element, elements, setText, words } from "./dom.js";
import { gateway } from "./gateway.js";
import { goToSide } from "./keys.js";
import { interval, lastPrice, marketOf, symbol, symbols } from "./markets.js";
import { money } from "./money.js";
import { askToTrade, isHeld } from "./money_tables.js";
import { chooseInterval, chooseSymbol, openTab } from "./navigation.js";
import { saveCsv } from "./order_tables.js";
import { readFeed } from "./past.js";
import { isSoundOn, switchSound } from "./sound.js";
import { drawSpark } from "./spark.js";
import { LAYOUTS, setLayout } from "./splitter.js";
import { theme } from "./theme.js";
import { setType } from "./ticket.js";
import { openWaterfall } from "./waterfall.js";
import { INTERVALS, ORDER_TYPES } from "./words.js";

const MOST_SHOWN = 12, SPARKS_MILLISECONDS = 60_000;
/** Closes of a day, by symbol, and when they were read. @type {Map<string, { at: number, closes: number[] }>} */
const sparks = new Map();

/** @type {{ shown: { text: string, detail: string, describe?: () => string, spark?: string, run: () => void }[], chosen: number }} */
const palette = { shown: [], chosen: 0 };

export function openPalette() {
  element("palette-text").value = "";
  element("palette").showModal();
  listMatches();
}

function listCommands() {
  const tabs = elements("[role=tab]").filter(tab => !tab.hidden);
  return [
    ...symbols.map(name => ({ text: name, detail: describeSymbol(name), describe: () => describeSymbol(name), spark: name, run: () => chooseSymbol(name) })),
    ...(gateway.state === "ready" ? listTrading() : []),
    ...tabs.map(tab => ({ text: `Show: ${tab.firstChild.textContent.trim()}`, detail: "", run: () => { openTab(tab); tab.focus(); } })),
    ...INTERVALS.map(name => ({ text: `Candles of ${name}`, detail: name === interval ? "now" : "", run: () => chooseInterval(name) })),
    ...elements("#studies button").map(button => ({ text: `Chart: ${button.textContent}`, detail: button.ariaPressed === "true" ? "on" : "", run: () => button.click() })),
    { text: demo.name ? "Stop the demo flow" : "Start the demo flow", detail: "", run: () => (demo.name ? stopDemo() : startDemo()) },
    { text: `Sound at fills: ${isSoundOn() ? "off" : "on"}`, detail: "", run: switchSound },
    { text: "Colours: green and red", detail: "", run: () => theme.setPalette("green") },
    { text: "Colours: blue and orange", detail: "for the colour-blind", run: () => theme.setPalette("blue") },
    ...Object.keys(LAYOUTS).map(name => ({ text: `Layout: ${name}`, detail: "", run: () => setLayout(name) })),
    { text: "Replay of the last ten minutes", detail: "", run: () => element("replay-open").click() },
    { text: "Where the time of orders goes", detail: "latency, waterfall", run: openWaterfall },
    { text: "Light or dark", detail: "", run: () => element("theme").click() },
    { text: "Connection and account …", detail: "", run: () => element("status").click() },
    { text: "Keys and help", detail: "shortcuts, ?", run: () => element("help").showModal() },
  ];
}

const OTHER_NAMES = { oco: "two exits", otoco: "bracket", ioc: "immediate or cancel", fok: "fill or kill" };

function listTrading() {
  return [
    { text: "Buy", detail: "B", run: () => goToSide("buy") }, { text: "Sell", detail: "S", run: () => goToSide("sell") },
    ...Object.entries(ORDER_TYPES).map(([type, { label }]) => ({ text: `Order type: ${label}`, detail: OTHER_NAMES[type] ?? "", run: () => { setType(type); element("quantity").focus(); } })),
    { text: "Cancel orders …", detail: "all, of a symbol, buys, sells", run: askWhatToCancel },
    ...money.positions.filter(isHeld).map(position => ({ text: `Flatten ${position.symbol} …`, detail: "close the position", run: () => askToTrade(position, 1, "Flatten") })),
    ...["orders", "fills"].map(kind => ({ text: `Save ${kind} as CSV`, detail: "export, download", run: () => saveCsv(kind) })),
  ];
}

function describeSymbol(name) {
  const { ticker } = marketOf(name), last = lastPrice(name), phase = gateway.instruments.get(name)?.phase ?? "";
  const state = phase && phase !== "continuous" ? words(phase) : name === symbol ? "shown" : "";
  if (!last) return state || "no trade yet";
  const change = ticker?.change_percent == null ? "" : ` ${ticker.change_percent.startsWith("-") ? "" : "+"}${ticker.change_percent} %`;
  return `${group(last)}${change}${ticker ? ` · ${compact(ticker.volume)} in 24 h` : ""}${state ? ` · ${state}` : ""}`;
}

function listMatches() {
  const wanted = element("palette-text").value.trim().toLowerCase().split(/\s+/);
  palette.shown = listCommands().filter(({ text, detail }) => wanted.every(word => `${text} ${detail}`.toLowerCase().includes(word))).slice(0, MOST_SHOWN);
  palette.chosen = 0;
  element("palette-list").replaceChildren(...palette.shown.map((command, index) => {
    const line = create("li");
    line.id = `command-${index}`;
    line.setAttribute("role", "option");
    line.append(create("span", command.text), create("small", command.detail));
    if (command.spark) placeSpark(line, command.spark);
    line.onclick = () => runCommand(index);
    return line;
  }));
  showChosen();
}

/* Read once a minute, for those that are seen. */
async function placeSpark(line, name) {
  const box = create("i");
  line.insertBefore(box, line.lastChild);
  const known = sparks.get(name);
  if (!known || Date.now() - known.at > SPARKS_MILLISECONDS) {
    const answer = await readFeed(`/v1/candles/${encodeURIComponent(name)}?interval=5m&limit=288`);
    if (answer) sparks.set(name, { at: Date.now(), closes: answer.candles.map(candle => Number(candle.close)) });
  }
  box.append(drawSpark(sparks.get(name)?.closes ?? []));
}

/* Prices go on while one searches. */
function refreshDetails() {
  if (!element("palette").open) return;
  palette.shown.forEach((command, index) => { if (command.describe) setText(element(`command-${index}`).lastChild, command.describe()); });
}
setInterval(refreshDetails, 500);

function showChosen() {
  const lines = [...element("palette-list").children];
  lines.forEach((line, index) => line.setAttribute("aria-selected", String(index === palette.chosen)));
  if (lines.length) element("palette-text").setAttribute("aria-activedescendant", `command-${palette.chosen}`);
  else element("palette-text").removeAttribute("aria-activedescendant");
  lines[palette.chosen]?.scrollIntoView({ block: "nearest" });
}

function runCommand(index) {
  const command = palette.shown[index];
  element("palette").close();
  command?.run();
}

element("palette-text").oninput = listMatches;
element("palette-text").onkeydown = event => {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key], count = palette.shown.length;
  if (event.key === "Enter") { event.preventDefault(); runCommand(palette.chosen); }
  if (!move || !count) return;
  event.preventDefault();
  palette.chosen = (palette.chosen + move + count) % count;
  showChosen();
};
element("palette-open").onclick = openPalette;
document.addEventListener("keydown", event => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k" || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  openPalette();
});
