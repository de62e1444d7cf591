"""Writes the ledger's settings and the positions, in the transaction of the reports."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from archive import schema
from archive.amounts import to_text, to_units, value
from archive.fold import Row
from archive.positions import Position
from archive.statements import put_rows
from protocol.assets import FEE_DECIMALS, to_rate
from protocol.commands import QueueEntry
from protocol.decimals import format_scaled
from protocol.enums import Side
from protocol.events import ExecutionReport

ALL = ""
"""In `fee_rates`: no account in particular, or no symbol."""
_ACCOUNTS_A_QUERY = 500

_positions = schema.positions


class Pair(NamedTuple):
    """The two assets of an instrument, and their decimals."""

    base: str
    quote: str
    base_decimals: int
    quote_decimals: int


def write_settings(connection: Connection, settings: Iterable[QueueEntry]) -> None:
    """Put the ledger's assets and fees in force as the commands set them, in order."""
    assets: dict[str, Row] = {}
    rates: dict[tuple[str, str], Row] = {}
    for command in settings:
        if command.ledger is None:
            place = command.account, command.symbol or ALL
            rates[place] = _make_rates_row(*place, command.maker, command.taker)
            continue
        for number, asset in enumerate(command.ledger.assets):
            assets[asset.symbol] = (asset.symbol, number, asset.decimals)
        for symbol, fees in command.ledger.fees.items():
            rates[ALL, symbol] = _make_rates_row(ALL, symbol, fees.maker, fees.taker)
    put_rows(connection, schema.assets, list(assets.values()))
    put_rows(connection, schema.fee_rates, list(rates.values()))


def write_positions(connection: Connection, settled: Collection[ExecutionReport]) -> None:
    """Add new fills, which the ledger has settled, to the positions of their accounts."""
    if not settled:
        return
    pairs = read_pairs(connection)
    positions = _read_positions(connection, {report.account for report in settled}, pairs)
    sequences: dict[tuple[str, str], int] = {}
    for report in settled:
        pair = pairs.get(report.symbol or "")
        if pair is not None:
            place = report.account, report.symbol or ""
            positions[place] = _add_fill(positions.get(place, Position()), report, pair)
            sequences[place] = report.sequence
    rows = [
        _make_position_row(*place, positions[place], pairs[place[1]], sequence)
        for place, sequence in sequences.items()
    ]
    put_rows(connection, _positions, rows)


def read_decimals(connection: Connection) -> dict[str, int]:
    """Read the decimals of each asset, in the ledger's order."""
    table = schema.assets
    rows = connection.execute(select(table.c.symbol, table.c.decimals).order_by(table.c.number))
    return {row.symbol: row.decimals for row in rows}


def read_pairs(connection: Connection) -> dict[str, Pair]:
    """Read the assets of each instrument whose two assets the ledger knows."""
    decimals = read_decimals(connection)
    table = schema.instruments
    rows = connection.execute(select(table.c.symbol, table.c.base_asset, table.c.quote_asset))
    return {
        symbol: Pair(base, quote, decimals[base], decimals[quote])
        for symbol, base, quote in rows
        if base in decimals and quote in decimals
    }


def to_position(row: Mapping[Any, Any], pair: Pair) -> Position:
    """Make the position of a row of `positions`."""
    return Position(
        to_units(row["quantity"], pair.base_decimals),
        to_units(row["cost"], pair.quote_decimals),
        to_units(row["realized"], pair.quote_decimals),
        to_units(row["base_commission"], pair.base_decimals),
        to_units(row["quote_commission"], pair.quote_decimals),
    )


def _make_rates_row(account: str, symbol: str, maker: str | None, taker: str | None) -> Row:
    return (
        account,
        symbol,
        format_scaled(to_rate(maker or "", "maker"), FEE_DECIMALS),
        format_scaled(to_rate(taker or "", "taker"), FEE_DECIMALS),
    )


def _read_positions(
    connection: Connection, accounts: set[str], pairs: dict[str, Pair]
) -> dict[tuple[str, str], Position]:
    found: dict[tuple[str, str], Position] = {}
    names = sorted(accounts)
    for start in range(0, len(names), _ACCOUNTS_A_QUERY):
        part = names[start : start + _ACCOUNTS_A_QUERY]
        query = select(_positions).where(_positions.c.account.in_(part))
        for row in connection.execute(query).mappings():
            pair = pairs[row["symbol"]]
            found[row["account"], row["symbol"]] = to_position(row, pair)
    return found


def _add_fill(position: Position, report: ExecutionReport, pair: Pair) -> Position:
    fill = report.last_trade
    assert fill is not None
    assert fill.commission is not None
    quantity = to_units(fill.quantity, pair.base_decimals)
    notional = value(fill.price, quantity, pair.base_decimals, pair.quote_decimals)
    if report.side is Side.BUY:
        return position.buy(quantity, notional, to_units(fill.commission, pair.base_decimals))
    return position.sell(quantity, notional, to_units(fill.commission, pair.quote_decimals))


def _make_position_row(
    account: str, symbol: str, position: Position, pair: Pair, sequence: int
) -> Row:
    return (
        account,
        symbol,
        to_text(position.quantity, pair.base_decimals),
        to_text(position.cost, pair.quote_decimals),
        to_text(position.realized, pair.quote_decimals),
        to_text(position.base_commission, pair.base_decimals),
        to_text(position.quote_commission, pair.quote_decimals),
        sequence,
    )
