/* Shapes that several modules share. A decimal is text with the places of its instrument. */

declare const LightweightCharts: any;

type Side = "buy" | "sell";

/** A price level: its texts, and both as whole numbers of the instrument's steps. */
interface Level { price: string; quantity: string; ticks: number; lots: number }

interface Trade {
  symbol: string; trade_id: number; price: string; quantity: string; aggressor_side: Side;
  maker_order_id: string; taker_order_id: string; timestamp: string;
}

/** `start` in seconds since 1970, the rest for drawing only. */
interface Candle { start: number; open: number; high: number; low: number; close: number; volume: number }

/** `revision` counts changes before the end; `isWhole`: there is nothing older. */
interface CandleList extends Array<Candle> { revision?: number; isWhole?: boolean }

interface Market {
  book: import("./book.js").Book; trades: Trade[]; tradeId: number; direction: "" | "up" | "down";
  bbo: any; ticker: any; candles: Map<string, CandleList>; drawn: number;
}

/** An own order, as far as it is known: a ticket's fields, an answer's, a report's. */
interface Order {
  order_id: string; symbol: string; side: Side; order_type: string; status: string; quantity: string;
  filled_quantity: string; remaining_quantity?: string; price?: string | null; stop_price?: string | null;
  triggered?: boolean | null; average_price?: string | null; reason?: string | null; sequence?: number;
  client_order_id?: string | null; list?: { list_type: string; state: string } | null; timestamp: string; opened_at?: string; time: string;
}

interface Fill {
  symbol: string; trade_id: number; order_id: string; side: Side; price: string; quantity: string; liquidity: string;
  timestamp: string; commission?: string | null; commission_asset?: string | null;
}

/** An instrument's assets and steps, in whole numbers of its own decimal places. */
interface Grid { symbol: string; base: string; quote: string; pricePlaces: number; lotPlaces: number; tick: number; lot: number; phase?: string; shard?: number }
type Balances = Map<string, { free: string; locked: string }>;
