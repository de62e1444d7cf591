"""For random command streams the archive says what a replay of the journal says, kills included."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from archive.queries import Archive, OrderFilter
from archive.writer import Writer
from engine.event_text import NO_TRADE, end_text, report_text
from protocol import codec
from protocol.journal import JournalEntry
from tests.support.archive_database import EXCHANGE, run_database, sqlite_url
from tests.support.archive_journal import list_entries
from tests.support.archive_postgresql import empty_database, run_postgresql
from tests.support.archive_replay import Replay, assert_same
from tests.support.exchange import Exchange, Json

ACCOUNTS = ("alice", "bob")
FEW_CLOSED = 1  # so that closed orders are forgotten, and their ids used again
STATE_FIELDS = ("status", "quantity", "filled_quantity", "remaining_quantity", "filled_notional")


class Killed(BaseException):
    """The archive's process is gone."""


prices = st.integers(1, 6).map(lambda ticks: f"0.0{ticks}")
quantities = st.integers(1, 5).map(lambda lots: f"0.0000{lots}")
owners = st.fixed_dictionaries(
    {
        "account": st.sampled_from(ACCOUNTS),
        "client_order_id": st.integers(1, 5).map(lambda number: f"order-{number}"),
        "symbol": st.sampled_from(["BTC-USDT", "BTC-USDT", "ETH-USDT", "NO-SUCH"]),
        "side": st.sampled_from(["buy", "sell"]),
        "quantity": quantities,
    }
)
priced = st.fixed_dictionaries(
    {"order_type": st.sampled_from(["limit", "limit", "ioc", "fok"]), "price": prices}
)
orders = st.tuples(owners, priced | st.just({"order_type": "market"})).map(lambda t: t[0] | t[1])
followups = st.fixed_dictionaries(
    {"command": st.sampled_from(["cancel", "amend"]), "target": st.integers(0, 30)},
    optional={"price": prices, "quantity": quantities},
)
sweeps = st.fixed_dictionaries(
    {"command": st.just("cancel_all"), "account": st.sampled_from(ACCOUNTS)}
)
commands = orders | orders | orders | followups | sweeps | st.just({"side": 3})
batches = st.lists(st.lists(commands, min_size=1, max_size=6), min_size=1, max_size=12)
kills = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 20)), max_size=6)
pauses = st.integers(0, 90_000_000)


def aim(command: Json, exchange: Exchange) -> Json:
    """A cancel or amend of some order that there has been."""
    known = [*exchange.handler.orders.closed.values(), *exchange.handler.orders.open.values()]
    if "target" not in command or not known:
        return command
    order = known[command["target"] % len(known)]
    rest = {name: value for name, value in command.items() if name != "target"}
    return {**rest, "order_id": order.text_id, "account": order.account}


def make_exchange(stream: list[list[Json]], pause: int) -> Exchange:
    exchange = Exchange(closed_limit=FEW_CLOSED)
    for batch in stream:
        exchange.send(*(aim(command, exchange) for command in batch))
        exchange.now += pause
    return exchange


def write_with_kills(
    database: Engine, entries: list[JournalEntry], kills: list[tuple[int, int]]
) -> None:
    """Pages of some entries, each killed at some statement where it has that many, and repeated."""
    remaining = {"statements": -1}

    def count_down(*_: Any) -> None:
        remaining["statements"] -= 1
        if remaining["statements"] == 0:
            raise Killed

    event.listen(database, "before_cursor_execute", count_down)
    for page_entries, statements in [*kills, (len(entries), -1)]:
        remaining["statements"] = -1
        writer = Writer(database)
        position = writer.read_position() or writer.begin(EXCHANGE)
        rest = [entry for entry in entries if entry.sequence > position.sequence]
        remaining["statements"] = statements
        try:
            if rest:
                writer.write(rest[:page_entries], position)
        except Killed:
            continue
    event.remove(database, "before_cursor_execute", count_down)


def assert_same_as_engine(database: Engine, exchange: Exchange) -> None:
    """The latest of each id that the engine still knows is what the engine knows."""
    archive = Archive(database)
    known = exchange.handler.orders
    for order in [*known.open.values(), *known.closed.values()]:
        record = archive.find_order(order.order_id, order.account)
        report = codec.decode_report(report_text(order, NO_TRADE, end_text(0, "")))
        assert record is not None
        assert record == archive.find_order_by_client_id(order.account, order.client_order_id)
        for name in STATE_FIELDS:
            assert getattr(record, name) == getattr(report, name)
    listed = [archive.list_orders(OrderFilter(account, is_open=True)) for account in ACCOUNTS]
    ids = {int(record.order_id) for page in listed for record in page.items}
    assert ids == set(known.open)


def check_archive(
    url: str, stream: list[list[Json]], pause: int, kills: list[tuple[int, int]]
) -> None:
    exchange = make_exchange(stream, pause)
    entries = list_entries(exchange.batches)
    with run_database(url) as database:
        write_with_kills(database, entries, kills)
        assert_same(database, Replay(entries))
        assert_same_as_engine(database, exchange)


@given(stream=batches, pause=pauses, kills=kills)
@settings(max_examples=150, deadline=None)
def test_sqlite_says_what_the_journal_says(
    stream: list[list[Json]], pause: int, kills: list[tuple[int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_archive(sqlite_url(Path(folder)), stream, pause, kills)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with run_postgresql() as url:
        yield url


@given(stream=batches, pause=pauses, kills=kills)
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_postgresql_says_what_the_journal_says(
    postgresql: str, stream: list[list[Json]], pause: int, kills: list[tuple[int, int]]
) -> None:
    empty_database(postgresql)
    check_archive(postgresql, stream, pause, kills)
