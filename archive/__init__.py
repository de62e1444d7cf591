"""Follow the journal into a database, and answer from it: orders, fills, trades, candles.

In: the journal's entries from Redis. Out: rows, written with the sequence reached in one
transaction; answers to the services' queries; exported files. Imports `protocol` alone. Services
import only `queries`, `records`, `database` and `settings`.
"""
