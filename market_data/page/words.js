export const INTERVALS = ["1s", "1m", "5m", "15m", "1h", "4h", "1d"];
export const INTERVAL_SECONDS = { "1s": 1, "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "1d": 86400 };
export const OPEN = new Set(["open", "partially_filled", "accepted", "unknown"]);

const RESTS = ["gtc", "gtd", "day"], FORCES = [...RESTS, "ioc", "fok"];
/** `forces`: the times in force that there are for it; none: it says that itself. `as`: what a list of orders meets the book as. */
export const ORDER_TYPES = {
  limit: { label: "Limit", price: true, forces: FORCES, hint: "Trades what it can at this price or better; the rest waits in the book." },
  market: { label: "Market", hint: "Trades at once with the best prices there are; what finds nobody expires." },
  ioc: { label: "IOC: now or never", price: true, hint: "Immediate or cancel: trades what it can now at this price or better; the rest expires." },
  fok: { label: "FOK: all or nothing", price: true, hint: "Fill or kill: trades the whole quantity now, or nothing at all." },
  post_only: { label: "Post only", price: true, forces: RESTS, hint: "Only ever waits in the book: rejected where it would trade at once." },
  stop_loss: { label: "Stop", stop: true, hint: "Waits until the last price falls (sell) or rises (buy) to the stop price, then trades at market." },
  stop_limit: { label: "Stop limit", stop: true, price: true, forces: FORCES, hint: "Waits for the stop price as a stop does, then becomes a limit order." },
  take_profit: { label: "Take profit", stop: true, hint: "Waits until the last price rises (sell) or falls (buy) to the stop price, then trades at market." },
  take_profit_limit: { label: "Take profit limit", stop: true, price: true, forces: FORCES, hint: "Waits for the stop price as take profit does, then becomes a limit order." },
  oco: { label: "OCO: profit or loss", stop: true, price: true, as: "stop_loss", priceName: "Profit at", isList: true, hint: "Two ways out: with profit at the price, with loss at the stop price. Whichever trades first ends the other.", followingHint: "Two ways out: with profit at the price, with loss at a stop that follows the market. Whichever trades first ends the other." },
  oto: { label: "OTO: entry, then stop", stop: true, price: true, as: "limit", isList: true, hint: "A limit order; once it is filled, a stop of the other side guards what it has traded.", followingHint: "A limit order; once it is filled, a stop of the other side guards what it has traded, and follows the market." },
  otoco: { label: "OTOCO: entry, two exits", stop: true, price: true, profit: true, as: "limit", isList: true, hint: "A limit order; once it is filled, a profit and a stop of the other side, of which one ends the other.", followingHint: "A limit order; once it is filled, a profit of the other side, and a stop that follows the market; one ends the other." },
};
export const TIMES_IN_FORCE = {
  gtc: "GTC till canceled", gtd: "GTD till a time", day: "Day till 00:00 UTC", ioc: "IOC rest expires", fok: "FOK all or nothing",
};
export const canRest = force => RESTS.includes(force);
export const SELF_TRADE = {
  none: "may trade", cancel_taker: "cancel this one", cancel_maker: "cancel the one that waits",
  cancel_both: "cancel both", decrement: "take the overlap off both",
};
export const REASONS = {
  cancel_requested: "you canceled it", cancel_all: "all were canceled", cancel_after: "the cancel timer ran out",
  self_trade_prevention: "it met an order of your own", amended_below_filled: "amended to no more than had traded",
  ioc_remainder: "nobody else at that price", market_remainder: "nobody else to trade with",
  fok_not_fillable: "not all of it could trade", queue_cleared: "the queue was cleared",
  would_trade: "it would have traded at once", would_trigger: "its stop price was reached already",
  oco_trigger: "the other one traded or fired", list_ended: "its list has ended", price_relation: "its prices do not fit to each other",
  time_reached: "its time was over", insufficient_liquidity: "the book has too little for that amount", too_many_open_orders: "too many open orders",
  instrument_halted: "trading is halted", price_out_of_band: "the price is too far from the market",
};
/** What an instrument does where it is not simply trading. */
export const PHASES = { halted: "orders can only be canceled.", closed: "orders can only be canceled." };
