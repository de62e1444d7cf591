"""What the archive must say: the journal replayed the plain way, and the database read back."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select

from archive import schema
from protocol import channels
from protocol.journal import JournalEntry

Json = dict[str, Any]
OPEN = ("open", "partially_filled")
STATE_FIELDS = (
    "order_id", "client_order_id", "account", "symbol", "side", "order_type", "price",
    "stop_price", "triggered", "quantity", "filled_quantity", "remaining_quantity",
    "filled_notional", "average_price", "status", "reason", "sequence",
)  # fmt: skip
FILL_FIELDS = ("order_id", "account", "symbol", "side", "sequence")
LAST_TRADE_FIELDS = ("trade_id", "price", "quantity", "liquidity")
COMMISSION_FIELDS = ("commission", "commission_asset")
TRADE_FIELDS = (
    "symbol", "trade_id", "price", "quantity", "aggressor_side", "maker_order_id", "taker_order_id",
)  # fmt: skip


class Replay:
    """Everything that the journal says, in plain lists."""

    def __init__(self, entries: Iterable[JournalEntry]) -> None:
        self.orders: list[Json] = []
        self.fills: list[Json] = []
        self.trades: list[Json] = []
        for entry in entries:
            for report in read_events(entry, channels.EXECUTION_REPORTS):
                if report["type"] == "execution_report":
                    self._add_report(report, entry.timestamp)
            for trade in read_events(entry, channels.TRADE_EVENTS):
                row = {name: trade[name] for name in TRADE_FIELDS}
                self.trades.append({**row, "timestamp": entry.timestamp})

    def _add_report(self, report: Json, timestamp: int) -> None:
        state = {name: report[name] for name in STATE_FIELDS}
        order = self._find_open(report["order_id"])
        if order is None:
            order = {"opened_at": timestamp}
            self.orders.append(order)
        order.update(state, updated_at=timestamp)
        if report["last_trade"]:
            row = {name: report[name] for name in FILL_FIELDS} | dict.fromkeys(COMMISSION_FIELDS)
            row |= report["last_trade"]
            self.fills.append({**row, "timestamp": timestamp})

    def _find_open(self, order_id: str) -> Json | None:
        return next(
            (
                order
                for order in reversed(self.orders)
                if order["order_id"] == order_id and order["status"] in OPEN
            ),
            None,
        )

    def candles(self, seconds: int) -> dict[tuple[str, int], Json]:
        """Return the candles that have trades, by symbol and start."""
        found: dict[tuple[str, int], list[Json]] = {}
        step = seconds * 1_000_000
        for trade in self.trades:
            key = trade["symbol"], trade["timestamp"] // step * step
            found.setdefault(key, []).append(trade)
        return {key: _summarize(trades) for key, trades in found.items()}


def read_events(entry: JournalEntry, channel: str) -> list[Json]:
    """Return the events that the commit published on `channel`."""
    message = entry.messages.get(channel)
    events: list[Json] = json.loads(message)["events"] if message else []
    return events


def read_orders(database: Engine) -> list[Json]:
    """Read the orders in the database, in a replay's form."""
    names = (*STATE_FIELDS, "opened_at", "updated_at")
    return _read(database, schema.orders, names, ("order_id",), "number")


def read_fills(database: Engine) -> list[Json]:
    """Read the fills in the database, in a replay's form."""
    names = (*FILL_FIELDS, *LAST_TRADE_FIELDS, *COMMISSION_FIELDS, "timestamp")
    return _read(database, schema.fills, names, ("order_id",), "number")


def read_trades(database: Engine) -> list[Json]:
    """Read the trades in the database, in a replay's form but sorted by symbol."""
    ids = ("maker_order_id", "taker_order_id")
    return _read(database, schema.trades, (*TRADE_FIELDS, "timestamp"), ids, "symbol", "trade_id")


def read_candles(database: Engine, seconds: int) -> dict[tuple[str, int], Json]:
    """Read the base candles in the database, in a replay's form."""
    table = schema.candles
    rows = _read(database, table, [column.name for column in table.columns], (), "start")
    return {
        (row["symbol"], row["start"]): {
            name: value
            for name, value in row.items()
            if name not in ("symbol", "resolution", "start")
        }
        for row in rows
        if row["resolution"] == seconds
    }


def assert_same(database: Engine, replay: Replay) -> None:
    """Assert that the database has exactly the journal's orders, fills, trades and candles."""
    assert read_orders(database) == replay.orders
    assert read_fills(database) == replay.fills
    trades = sorted(replay.trades, key=lambda trade: (trade["symbol"], trade["trade_id"]))
    assert read_trades(database) == trades
    for seconds in (1, 60, 3600):
        assert read_candles(database, seconds) == replay.candles(seconds)


def _read(database: Engine, table: Any, names: Any, ids: Any, *order: str) -> list[Json]:
    query = select(*(table.c[name] for name in names)).order_by(*(table.c[name] for name in order))
    with database.connect() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    for row in rows:
        row.update({name: str(row[name]) for name in ids})
    return rows


def _summarize(trades: list[Json]) -> Json:
    prices = [Decimal(trade["price"]) for trade in trades]
    quantities = [Decimal(trade["quantity"]) for trade in trades]
    notionals = [p * q for p, q in zip(prices, quantities, strict=True)]
    shares = [Decimal(trade["aggressor_side"] == "buy") for trade in trades]
    return {
        "open": f"{prices[0]:f}",
        "high": f"{max(prices):f}",
        "low": f"{min(prices):f}",
        "close": f"{prices[-1]:f}",
        "volume": f"{sum(quantities, Decimal(0)):f}",
        "quote_volume": f"{sum(notionals, Decimal(0)):f}",
        "trades": len(trades),
        "taker_buy_volume": _sum_products(quantities, shares),
        "taker_buy_quote_volume": _sum_products(notionals, shares),
        "first_trade_id": trades[0]["trade_id"],
        "last_trade_id": trades[-1]["trade_id"],
    }


def _sum_products(values: list[Decimal], shares: list[Decimal]) -> str:
    return f"{sum((v * s for v, s in zip(values, shares, strict=True)), Decimal(0)):f}"
