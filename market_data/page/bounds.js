/* Bounds: nothing on this page grows without one. */

export const TRADES_KEPT = 300, TAPE_ROWS = 60, MESSAGES_KEPT = 400, MESSAGES_SHOWN = 120;
export const CANDLES_KEPT = 20_000, ORDERS_KEPT = 5000, OPEN_ORDERS_KEPT = 25_000, ROWS_SHOWN = 100, PAGE_ROWS = 200, FILLS_KEPT = 5000, LADDER_ROWS = 30, DEPTH_LEVELS = 400;
export const SECONDS_UNTIL_STALE = 3.5, SECONDS_UNTIL_GIVEN_UP = 8, REQUEST_SECONDS = 8;
export const SHORTEST_PAUSE = 0.5, LONGEST_PAUSE = 5;
export const SWITCH_MILLISECONDS = 150, QUIET_SWITCH_MILLISECONDS = 1000, FOLLOW_AGAIN_MILLISECONDS = 1500, MOST_CATCH_UPS = 3;
export const CHECKED_LEVELS = 10;

/* What is asked about before it is sent: a worst price so far from the best, so great a part of a
   side with so many levels, a limit so far through the best price. */
export const FAR_BASIS_POINTS = 100, GREAT_SHARE = 0.5, GREAT_LEVELS = 5, FAR_LIMIT_BASIS_POINTS = 500;
export const SENT_MILLISECONDS = 1200;  // for how long a draft that was sent stays sent

/* What a replay remembers of the symbol shown, and how often it keeps a whole book. */
export const REPLAY_MILLISECONDS = 600_000, REPLAY_MESSAGES = 60_000, CHECKPOINT_MILLISECONDS = 30_000;

/* A pointer that rests so long on a row of the book aims at that row alone. */
export const RESTING_MILLISECONDS = 2000;

export const HEAT_SECONDS = 900, HEAT_LEVELS = 40;

/* The engine renews its lease each second. */
export const PULSE_MILLISECONDS = 400, SECONDS_UNTIL_PAUSED = 1.6;

/* Somebody else may start or stop the simulated traders. */
export const MARKET_MILLISECONDS = 3000;

export const JOURNEYS_KEPT = 30;

export const EQUITY_SECONDS = 2, EQUITY_POINTS = 600, EQUITY_SHOWN = 200;
export const PAST_ENTRIES = 1000, PAST_POINTS = 480;  // of the ledger, and of the line before the page looked
