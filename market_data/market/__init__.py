"""What is known of every symbol: book, best prices, trades and candles, built from events alone.

In: events in order. Out: state for every other room to read. No I/O. May import `protocol` alone.
"""
