"""For random command streams the archive says what a replay of the journal says, kills included."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine

from archive.queries import Archive, OrderFilter
from engine.exchange.event_text import NO_TRADE, report_text
from protocol import channels, codec
from tests.support.archive_database import run_database, sqlite_url
from tests.support.archive_journal import list_entries
from tests.support.archive_kills import kills, write_with_kills
from tests.support.archive_postgresql import empty_database, run_postgresql
from tests.support.archive_replay import Replay, assert_same, read_events
from tests.support.archive_streams import ACCOUNTS, batches, make_exchange, pauses
from tests.support.exchange import Exchange, Json

STATE_FIELDS = ("status", "quantity", "filled_quantity", "remaining_quantity", "filled_notional")


def assert_same_as_engine(database: Engine, exchange: Exchange) -> None:
    """The latest of each id that the engine still knows is what the engine knows."""
    archive = Archive(database)
    known = exchange.state.orders
    for order in [*known.open.values(), *known.closed.values()]:
        record = archive.find_order(order.order_id, order.account)
        report = codec.decode_report(report_text(order, NO_TRADE, 0, "", False))
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


REACHED = {
    "cancel_after", "cancel_all", "cancel_requested", "client_order_id_reused", "duplicate_order",
    "fok_not_fillable", "instrument_halted", "ioc_remainder", "market_remainder", "order_closed",
    "price_forbidden", "queue_cleared", "self_trade_prevention", "unknown_symbol", "would_trade",
    "stop_loss fired", "stop_limit fired", "take_profit fired", "take_profit_limit fired",
}  # fmt: skip


def test_streams_lead_to_what_reports_can_say() -> None:
    said: set[str] = set()

    @given(stream=batches, pause=pauses)
    @settings(
        max_examples=500, deadline=None, derandomize=True, database=None, phases=[Phase.generate]
    )
    def listen(stream: list[list[Json]], pause: int) -> None:
        for entry in list_entries(make_exchange(stream, pause).batches):
            for report in read_events(entry, channels.EXECUTION_REPORTS):
                said.add(report["reason"])
                if report.get("triggered"):
                    said.add(f"{report['order_type']} fired")

    listen()
    assert said >= REACHED


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
