"""Reads balances, positions and fee rates."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, and_, cast, func, literal, null, or_, select, true

from archive import schema
from archive.amounts import to_text, to_units, value
from archive.candles import RESOLUTIONS
from archive.money_rows import ALL, Pair, read_pairs, to_position
from archive.positions import Position
from archive.records import Balances, FeesRecord, PositionRecord, Positions
from protocol.assets import FEES_ACCOUNT, AssetSpecification, measure, number_assets
from protocol.events import Balance
from protocol.instrument import Instrument, InstrumentSpecification, divide_half_even

PRICE_PLACES = 8
"""Of an average entry price."""

_state, _gaps = schema.archive_state.c, schema.journal_gaps.c
_assets, _balances = schema.assets.c, schema.balances.c
_on_way = schema.transfers_on_way.c
_positions, _rates, _candles = schema.positions.c, schema.fee_rates.c, schema.candles.c
_others = select(func.coalesce(func.sum(schema.archive_shards.c.sequence), 0)).scalar_subquery()
REACHED = (_state.sequence + cast(_others, schema.archive_state.c.sequence.type)).label("reached")
"""The sequence up to which every commit is here; with several shards the sum of theirs."""
_last_lost = select(func.max(_gaps.next_sequence)).scalar_subquery()
_lost_on_shard = (
    select(func.max(_gaps.next_sequence))
    .where(_gaps.shard == func.coalesce(_balances.shard, 1))
    .correlate(schema.balances)
    .scalar_subquery()
)


def has_ledger(connection: Connection) -> bool:
    """Whether the journal, as far as it is here, has opened a ledger."""
    return connection.execute(select(_assets.symbol).limit(1)).first() is not None


def read_balances(connection: Connection, account: str) -> Balances:
    """Read what an account has of every asset, on all shards together.

    One statement, because a database shows different commits to two.
    """
    is_of = and_(_balances.asset == _assets.symbol, _balances.account == account)
    query = (
        select(
            REACHED, _lost_on_shard, _assets.symbol, _assets.decimals,
            _balances.free, _balances.locked, _balances.sequence, _balances.shard,
            literal(False).label("is_on_way"), _assets.number,
        )
        .select_from(schema.archive_state)
        .outerjoin(schema.assets, true())
        .outerjoin(schema.balances, is_of)
        .union_all(_select_on_way(account))
        .order_by("is_on_way", "number", "shard")
    )  # fmt: skip
    found = connection.execute(query).all()
    rows = [row[:8] for row in found if not row.is_on_way]
    if not rows:
        return Balances(0, None)
    reached, lost, first, *_ = rows[0]
    if first is None:
        return Balances(reached, None, is_uncertain=lost is not None)
    balances = [_sum_balance(list(some)) for _, some in groupby(rows, key=lambda row: row[2])]
    is_uncertain = any(
        lost is not None and (sequence or 0) < lost for _, lost, *_, sequence, _ in rows
    )
    is_open = account == FEES_ACCOUNT or any(shard == 1 for *_, shard in rows)
    on_way = _sum_on_way(row for row in found if row.is_on_way)
    return Balances(reached, balances, is_open, is_uncertain, _split_by_shard(rows), on_way)


def _select_on_way(account: str) -> Select[Any]:
    """Select what is on its way between shards, with the amount in the place of what is free."""
    none = null()
    return (
        select(
            REACHED, none, _assets.symbol, _assets.decimals, _on_way.amount, _on_way.amount, none,
            _on_way.target, literal(True), _assets.number,
        )
        .select_from(schema.archive_state)
        .join(schema.transfers_on_way, _on_way.account == account)
        .join(schema.assets, _assets.symbol == _on_way.asset)
    )  # fmt: skip


def _sum_on_way(rows: Iterable[Any]) -> dict[str, str]:
    """Sum what is on its way of each asset, but for what is nothing in all."""
    totals: dict[str, int] = {}
    places: dict[str, int] = {}
    for row in rows:
        places[row.symbol] = row.decimals
        totals[row.symbol] = totals.get(row.symbol, 0) + to_units(row.free, row.decimals)
    return {asset: to_text(total, places[asset]) for asset, total in totals.items() if total}


def _split_by_shard(rows: Iterable[Any]) -> dict[int, list[Balance]]:
    """Return what the account has on each shard; nothing if it has all of it on the first."""
    found: dict[int, list[Balance]] = {}
    for _, _, asset, _, free, locked, _, shard in rows:
        if shard is not None:
            found.setdefault(shard, []).append(Balance(asset, free, locked))
    return {} if set(found) <= {1} else dict(sorted(found.items()))


def _sum_balance(rows: Sequence[Any]) -> Balance:
    """Sum what the account has of one asset on each shard."""
    _, _, asset, decimals, free, locked, *_ = rows[0]
    if len(rows) > 1:
        free, locked = (
            to_text(sum(to_units(row[place], decimals) for row in rows), decimals)
            for place in (4, 5)
        )
    return Balance(asset, free or to_text(0, decimals), locked or to_text(0, decimals))


def read_positions(connection: Connection, account: str) -> Positions:
    """Read the positions of an account, at the price of the last trade that is here."""
    query = (
        select(REACHED, _last_lost, *_positions)
        .select_from(schema.archive_state)
        .outerjoin(schema.positions, _positions.account == account)
        .order_by(_positions.symbol)
    )
    rows = connection.execute(query).all()
    pairs = read_pairs(connection)
    reached, lost, *_ = rows[0] if rows else (0, None)
    positions = [
        _to_record(row.symbol, to_position(row._mapping, pair), pair, price)
        for row in rows
        if (pair := pairs.get(row.symbol)) and (price := _read_last_price(connection, row.symbol))
    ]
    return Positions(reached, positions, is_uncertain=lost is not None)


def read_fees(connection: Connection, account: str) -> list[FeesRecord]:
    """Read the rates of an account for each instrument whose trades are settled."""
    is_of = or_(_rates.account == ALL, _rates.account == account)
    rates = {
        (owner, symbol): (maker, taker)
        for owner, symbol, maker, taker in connection.execute(
            select(_rates.account, _rates.symbol, _rates.maker, _rates.taker).where(is_of)
        )
    }
    return [
        FeesRecord(symbol, *(rates.get((account, symbol)) or rates.get((account, ALL)) or own))
        for symbol in _list_settled(connection)
        if (own := rates.get((ALL, symbol)))
    ]


def _list_settled(connection: Connection) -> Iterable[str]:
    """List the instruments whose lots and ticks are whole units of the ledger's assets."""
    rows = connection.execute(select(*_assets).order_by(_assets.number))
    assets = number_assets(AssetSpecification(row.symbol, row.decimals, "0") for row in rows)
    known = connection.execute(select(schema.instruments).order_by(schema.instruments.c.symbol))
    for row in known:
        instrument = Instrument(InstrumentSpecification(*row), 0)
        base, quote = assets.get(row.base_asset), assets.get(row.quote_asset)
        if base is None or quote is None or base is quote:
            continue
        try:
            measure(instrument, base, quote)
        except ValueError:
            continue
        yield instrument.symbol


def _read_last_price(connection: Connection, symbol: str) -> str | None:
    """Read the price of the last trade: old trades may be gone, but no candle of an hour is."""
    query = (
        select(_candles.close)
        .where(_candles.symbol == symbol, _candles.resolution == RESOLUTIONS[-1])
        .order_by(_candles.start.desc())
        .limit(1)
    )
    price: str | None = connection.execute(query).scalar_one_or_none()
    return price


def _to_record(symbol: str, position: Position, pair: Pair, price: str) -> PositionRecord:
    worth = value(price, position.quantity, pair.base_decimals, pair.quote_decimals)
    return PositionRecord(
        symbol,
        to_text(position.quantity, pair.base_decimals),
        to_text(position.cost, pair.quote_decimals),
        _find_average(position, pair),
        to_text(position.realized, pair.quote_decimals),
        to_text(worth - position.cost, pair.quote_decimals),
        price,
        to_text(position.base_commission, pair.base_decimals),
        to_text(position.quote_commission, pair.quote_decimals),
    )


def _find_average(position: Position, pair: Pair) -> str | None:
    if not position.quantity:
        return None
    cost = abs(position.cost) * 10 ** (pair.base_decimals + PRICE_PLACES)
    quantity = abs(position.quantity) * 10**pair.quote_decimals
    return to_text(divide_half_even(cost, quantity), PRICE_PLACES)
