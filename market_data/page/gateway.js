/* The gateway. */

import { REQUEST_SECONDS } from "./bounds.js";
import { placesOf, toUnits } from "./decimals.js";
import { readDemo, showDemo } from "./demo.js";
import { create, element, isServed, show, words } from "./dom.js";
import { symbol } from "./markets.js";
import { showSymbols } from "./navigation.js";
import { loadOrders } from "./orders.js";
import { readFeed, restUrl } from "./past.js";
import { privateFeed } from "./private_feed.js";
import { showTicket } from "./ticket.js";
import { PHASES } from "./words.js";

/** @type {{ url: string, account: string, key: string, secret: CryptoKey | null, state: string, retryTimer: any, instruments: Map<string, Grid> }} */
export const gateway = { url: "", account: "default", key: "", secret: null, state: "", retryTimer: 0, instruments: new Map() };
export const canSign = Boolean(globalThis.crypto?.subtle);  // browsers have it on https and localhost alone

export class Unreachable extends Error {}

/** @param {string} method @param {string} path @param {{ body?: any, prefer?: string }} options */
export async function call(method, path, { body, prefer } = {}) {
  const text = body && JSON.stringify(body), began = performance.now();
  let response, answer = {};
  try {
    const url = new URL(gateway.url + path);
    const headers = { ...await identify(method, url.pathname + url.search, text), ...(text && { "Content-Type": "application/json" }), ...(prefer && { Prefer: prefer }) };
    response = await fetch(url, { method, headers, body: text, signal: AbortSignal.timeout(REQUEST_SECONDS * 1000) });
  } catch (error) { throw new Unreachable(String(error)); }
  try { answer = await response.json(); } catch { /* its status says enough */ }
  return { isGood: response.ok, status: response.status, timing: response.headers.get("Server-Timing"), answer, began, milliseconds: performance.now() - began };
}

/* Who asks: an account by its name, a key, or a key with a signature by its secret. */
async function identify(method, target, text) {
  if (!gateway.key) return { "X-Account": gateway.account };
  if (!gateway.secret) return { "X-API-Key": gateway.key };
  const { timestamp, signature } = await sign(method, target, text);
  return { "X-API-Key": gateway.key, "X-Timestamp": timestamp, "X-Signature": signature };
}

/* HMAC-SHA256 over timestamp, method, target and body, in hex. */
export async function sign(method, target, text = "") {
  const timestamp = String(Date.now()), message = new TextEncoder().encode(timestamp + method + target + text);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", /** @type {CryptoKey} */ (gateway.secret), message));
  return { timestamp, signature: Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("") };
}

/* The browser keeps the secret so that nothing, this page included, can read it again. */
export const importSecret = text => crypto.subtle.importKey("raw", new TextEncoder().encode(text), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

export async function openGateway() {
  clearTimeout(gateway.retryTimer);
  if (!isServed) { showGateway("disk"); return; }
  try {
    if (!gateway.url) gateway.url = await findGateway();
    const { isGood, answer } = await call("GET", "/v1/instruments");
    if (!isGood) throw new Unreachable(answer.detail);
    takeInstruments(answer.instruments);
    showGateway("ready");
    showTicket();
    loadOrders();
    privateFeed.open();
    readDemo();
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    showGateway("unreachable");
    gateway.retryTimer = setTimeout(openGateway, 2000);
  }
}

function takeInstruments(items) {
  for (const item of items) {
    const known = gateway.instruments.get(item.symbol) ?? makeGrid(item);
    gateway.instruments.set(item.symbol, Object.assign(known, { phase: item.phase }));
  }
  showHalt();
  showSymbols();
}

export function showHalt() {
  const phase = gateway.instruments.get(symbol)?.phase ?? "continuous", isHalted = phase !== "continuous";
  element("halted").hidden = !isHalted || element("ticket").hidden;
  show("halted", isHalted ? `${symbol} is ${words(phase)}: ${PHASES[phase] ?? ""}` : "");
}

/* Someone may halt an instrument, or let it go on, at any time. */
export async function readHalts() {
  if (gateway.state !== "ready" || document.hidden) return;
  try {
    const { isGood, answer } = await call("GET", "/v1/instruments");
    if (isGood) takeInstruments(answer.instruments);
  } catch (error) { if (!(error instanceof Unreachable)) throw error; }
}

async function findGateway() {
  const settings = await readFeed("/v1/page-settings");
  if (!settings) throw new Unreachable("no settings");
  return settings.gateway_url ?? `${location.protocol}//${location.hostname}:${settings.gateway_port}`;
}

function makeGrid(item) {
  const grid = { symbol: item.symbol, base: item.base_asset, quote: item.quote_asset, pricePlaces: placesOf(item.tick_size), lotPlaces: placesOf(item.lot_size), shard: item.shard };
  return { ...grid, tick: toUnits(item.tick_size, grid.pricePlaces), lot: toUnits(item.lot_size, grid.lotPlaces) };
}

export function showGateway(state) {
  gateway.state = state;
  const notice = element("ticket-notice");
  notice.hidden = state === "ready";
  element("submit").disabled = state !== "ready";
  showDemo();
  element("ticket").hidden = state === "disk";
  show("trading-as", state === "ready" ? `Trading as ${gateway.key ? "the API key's account" : gateway.account}` : "Watching only");
  if (state === "disk") {
    const address = restUrl("/"), link = create("a", address);
    link.href = address;
    notice.replaceChildren(create("p", "Opened from disk, this page only watches, and only if the exchange was started with ALLOWED_ORIGINS=null: to the exchange it could be anyone's. To trade, or without that setting, open"), link);
  } else if (state === "unreachable") {
    notice.replaceChildren(create("p", `The order gateway${gateway.url ? ` at ${gateway.url}` : ""} does not answer. Trying again every two seconds.`));
  }
}
