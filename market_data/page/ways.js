/* The parts of an order's way, from what the gateway and the page have measured. */

/** @typedef {{ kind: string, text: string, since: number, until: number | undefined }} Part milliseconds since the order was sent; `until` is missing where it was not seen */

const WORDS = { way: "to the gateway", gateway: "gateway, to the list", list: "in the list", engine: "engine and commit", exchange: "list, engine, commit", back: "back to the page" };

/** The durations of a `Server-Timing` header, by name. @param {string | null} text @returns {Record<string, number> | null} */
export function readTiming(text) {
  const found = [...(text ?? "").matchAll(/(\w+);dur=([\d.]+)/g)].map(([, name, length]) => [name, Number(length)]);
  return found.length ? Object.fromEntries(found) : null;
}

/** @param {{ answered?: number, stamp?: number, told?: number, fed?: number, spent?: Record<string, number> | null }} journey @returns {Part[]} */
export function layOut({ answered = 0, stamp, told, fed, spent }) {
  const parts = spent ? layOutAnswer(answered, stamp, spent) : [{ kind: "list", text: "gateway and list", since: 0, until: stamp }, { kind: "engine", text: "engine to answer", since: stamp ?? 0, until: answered }];
  const commit = parts.findLast(({ kind }) => kind === "engine" || kind === "exchange"), since = spent ? commit?.until ?? 0 : stamp ?? 0;
  return [...parts, { kind: "told", text: "own stream", since: Math.min(since, told ?? since), until: told }, { kind: "fed", text: "market-data feed", since: Math.min(since, fed ?? since), until: fed }];
}

/* What the gateway has measured lies between the ways there and back: by the engine's stamp, or else in the middle. */
function layOutAnswer(answered, stamp, spent) {
  const inside = Object.values(spent).reduce((sum, length) => sum + length, 0), most = Math.max(0, answered - inside);
  const known = stamp === undefined ? most / 2 : stamp - spent.gateway - (spent.list ?? 0), there = Math.min(most, Math.max(0, known));
  let at = 0;
  /** @type {[string, number][]} */
  const lengths = [["way", there], ...Object.entries(spent), ["back", most - there]];
  return lengths.map(([kind, length]) => ({ kind, text: WORDS[kind] ?? kind, since: at, until: at += length }));
}
