/* Simulated traders: a service of the exchange, which any window starts and stops for all. */

import { MARKET_MILLISECONDS } from "./bounds.js";
import { element, setText } from "./dom.js";
import { call, gateway, Unreachable } from "./gateway.js";
import { guessPrice, symbol } from "./markets.js";
import { isNotLive } from "./state.js";
import { say } from "./ticket.js";

const MARKET_PATH = "/v1/admin/market";
const DEMO_TITLE = "Have simulated traders make a market in this symbol";
const DEMO_NOBODY = "Simulated traders are started from the exchange's own machine, where start_system.py runs and no API keys are asked for";

/** What the exchange says of them: `name` is that of their market, null without one. @type {{ is_available: boolean, name: string | null, symbol: string | null }} */
export const demo = { is_available: false, name: null, symbol: null };

export async function readDemo() {
  if (gateway.state !== "ready" || document.hidden) return;
  await askMarket("GET");
}

export function startDemo() {
  const grid = gateway.instruments.get(symbol);
  if (element("demo-start").disabled || demo.name || !grid) return;
  askMarket("POST", { name: "demo", symbol, start_price: guessPrice(grid) });
}

export function stopDemo() { if (demo.name) askMarket("DELETE"); }

async function askMarket(method, body) {
  try {
    const { isGood, answer } = await call(method, MARKET_PATH, { body });
    if (isGood) Object.assign(demo, answer);
    else if (method !== "GET") say("bad", answer.detail ?? "The simulated traders could not be asked.");
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    Object.assign(demo, { is_available: false });
  }
  showDemo();
}

export function showDemo() {
  const button = element("demo-start"), isOff = gateway.state !== "ready" || !demo.is_available;
  button.disabled = isOff || isNotLive();
  button.title = isOff ? DEMO_NOBODY : DEMO_TITLE;
  button.setAttribute("aria-pressed", String(Boolean(demo.name)));
  setText(button, demo.name ? `${demo.name === "demo" ? "Demo" : demo.name} on ${demo.symbol?.split("-")[0]}` : "▶ Demo flow");
  element("demo-stop").disabled = isOff || !demo.name;
}

setInterval(readDemo, MARKET_MILLISECONDS);
