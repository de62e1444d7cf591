/* What the account has, what its fills come to, and what trading costs it. */

import { addDecimals } from "./decimals.js";
import { draw } from "./frames.js";
import { call, gateway, Unreachable } from "./gateway.js";

/** `version` counts changes. Without a ledger there is nothing of all this. `parts` has what is on each shard, 0 if
 *  there is no other; `balances` and `sequence` are their sums.
 *  @type {{ parts: Map<number, { sequence: number, balances: Balances }>, balances: Balances, fees: Map<string, any>, positions: any[], hasLedger: boolean, version: number, sequence: number, timer: any }} */
export const money = { parts: new Map(), balances: new Map(), fees: new Map(), positions: [], hasLedger: false, version: 0, sequence: 0, timer: 0 };

/** Another account, or another exchange. */
export function forgetMoney() {
  clearTimeout(money.timer);
  Object.assign(money, { parts: new Map(), balances: new Map(), fees: new Map(), positions: [], hasLedger: false, sequence: 0, timer: 0 });
  noteMoney();
}

/** What comes late by another way is older than what is known. */
export function takeBalances(list, sequence, shard = 0) {
  const part = money.parts.get(shard) ?? { sequence: 0, balances: new Map() };
  if (sequence < part.sequence) return;
  part.sequence = sequence;
  for (const { asset, free, locked } of list) part.balances.set(asset, { free, locked });
  money.parts.set(shard, part);
  const parts = [...money.parts.values()];
  money.balances = parts.length === 1 ? part.balances : addBalances(parts.map(each => each.balances));
  money.sequence = parts.reduce((sum, each) => sum + each.sequence, 0);
  noteMoney();
}

/** What several shards have together; an asset has as many places on each. */
function addBalances(parts) {
  const sums = new Map();
  for (const [asset, { free, locked }] of parts.flatMap(part => [...part])) {
    const known = sums.get(asset);
    sums.set(asset, known ? { free: addDecimals(known.free, free), locked: addDecimals(known.locked, locked) } : { free, locked });
  }
  return sums;
}

/** What there is to pay with where a symbol is traded. */
export const findFree = (asset, shard = 0) => money.parts.get(shard)?.balances.get(asset);

function noteMoney() { money.version++; draw(); }

/* A snapshot of the stream: null where the exchange keeps no ledger; nothing of all where nobody has used the account
   yet: asking for its balances opens it, on the first shard if there are several. */
export function meetBalances(list, { number, sequence, shard = 0, shards = [0] }) {
  if (!number || shards.length === 1) forgetMoney();
  money.hasLedger = list !== null;
  if (!list) return;
  money.parts.delete(shard);
  takeBalances(list, sequence, shard);
  if (shard > 1) return;
  const isUnused = list.every(({ free, locked }) => !Number(free) && !Number(locked));
  if (isUnused) readMoney("/v1/balances", answer => { if (!shard) takeBalances(answer.balances, answer.sequence); });
  readMoney("/v1/fees", answer => { money.fees = new Map(answer.fees.map(each => [each.symbol, each])); noteMoney(); });
  loadPositions();
}

export const loadPositions = () => readMoney("/v1/positions", answer => { money.positions = answer.positions; noteMoney(); });

/** Ask again soon: a fill has changed a position. */
export function renewPositions() {
  if (money.hasLedger && !money.timer) money.timer = setTimeout(() => { money.timer = 0; loadPositions(); }, 700);
}

async function readMoney(path, take) {
  const { account, key } = gateway;
  try {
    const { isGood, answer } = await call("GET", path);
    if (isGood && account === gateway.account && key === gateway.key) take(answer);
  } catch (error) { if (!(error instanceof Unreachable)) throw error; }
}

/** The fee of `quantity` (decimal text) of the received asset, as a number to show. */
export function estimateFee(symbol, isTaker, quantity) {
  const rates = money.fees.get(symbol);
  return rates ? Number(isTaker ? rates.taker : rates.maker) * Number(quantity) : null;
}
