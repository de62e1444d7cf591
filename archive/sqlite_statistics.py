"""Fixed statistics of the indexes, so that SQLite chooses the same one on every database.

Without statistics SQLite guesses, and reads all orders of an account to find one; with its own it
chooses differently as the data grows. These are of a large archive: for each index the number of
rows, then how many of them share the values of the first column, of the first two, and so on.
"""

from sqlalchemy import Connection

_ORDERS = {
    "orders_by_id": "10000000 2 1",
    "orders_by_number": "10000000 1",
    "orders_by_client_id": "10000000 10000 2 1",
    "orders_by_account": "10000000 10000 1",
    "orders_by_symbol": "10000000 10000 3000 1",
    "orders_by_status": "10000000 10000 2500 1",
    "orders_by_symbol_and_status": "10000000 10000 3000 800 1",
    "orders_by_time": "10000000 2 1",
    "orders_open": "10000 1",
    "orders_open_by_account": "10000 10 1",
    "orders_open_by_symbol": "10000 10 5 1",
}
_FILLS = {
    "fills_by_order": "10000000 2 1",
    "fills_by_account": "10000000 10000 1",
    "fills_by_symbol": "10000000 10000 3000 1",
    "fills_by_time": "10000000 2 1",
}


def set_statistics(connection: Connection) -> None:
    """Store the statistics in a database without rows."""
    connection.exec_driver_sql("ANALYZE")  # makes the table of statistics
    for table, indexes in (("orders", _ORDERS), ("fills", _FILLS)):
        rows = [(table, index, statistics) for index, statistics in indexes.items()]
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", rows)
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # makes the planner read them
