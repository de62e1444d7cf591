"""Follows the journal into a database, and answers from it: orders, fills, trades, candles."""
