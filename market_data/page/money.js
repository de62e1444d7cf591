/* What the account has, what its fills come to, and what trading costs it. */

import { draw } from "./frames.js";
import { call, gateway, Unreachable } from "./gateway.js";

/** `version` counts changes. Without a ledger there is nothing of all this.
 *  @type {{ balances: Map<string, { free: string, locked: string }>, fees: Map<string, any>, positions: any[], hasLedger: boolean, version: number, sequence: number, timer: any }} */
export const money = { balances: new Map(), fees: new Map(), positions: [], hasLedger: false, version: 0, sequence: 0, timer: 0 };

/** Another account, or another exchange. */
export function forgetMoney() {
  clearTimeout(money.timer);
  Object.assign(money, { balances: new Map(), fees: new Map(), positions: [], hasLedger: false, sequence: 0, timer: 0 });
  noteMoney();
}

/** What comes late by another way is older than what is known. */
export function takeBalances(list, sequence) {
  if (sequence < money.sequence) return;
  money.sequence = sequence;
  for (const { asset, free, locked } of list) money.balances.set(asset, { free, locked });
  noteMoney();
}

function noteMoney() { money.version++; draw(); }

/* The stream's first message: null where the exchange keeps no ledger; nothing of all where nobody has
   used the account yet: asking for its balances opens it. */
export function meetBalances(list, sequence) {
  forgetMoney();
  money.hasLedger = list !== null;
  if (!list) return;
  takeBalances(list, sequence);
  if (list.every(({ free, locked }) => !Number(free) && !Number(locked))) readMoney("/v1/balances", answer => takeBalances(answer.balances, answer.sequence));
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
