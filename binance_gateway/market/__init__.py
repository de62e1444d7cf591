"""What Binance's clients see of a market, made from the feed's own state.

In: trades, deltas and candles of `market_data.market`. Out: aggregates, diffs, klines and figures
in Binance's terms. `trade_history` and `kline_history` ask the archive; all else is without I/O.
"""
