"""Order flow as the literature models it: events of a book, without traders behind them.

A model reads no clock, and knows the book by what is put into it: the same seed and the same books
make the same events.
"""
