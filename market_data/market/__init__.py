"""What is known of every symbol: book, best prices, trades, candles, and whether it may be believed.

In: events in order. Out: state to be read. No I/O. May import `protocol` alone.
"""
