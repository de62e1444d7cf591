"""Candles and trades of the past: from the archive, without making anything else wait.

In: questions for what the market does not remember. Out: answers from memory and archive together,
and the archive's candles in front of the market's own. May import `market_data.market`, the
archive's queries and `protocol`.
"""
