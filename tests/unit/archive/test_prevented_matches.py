"""Matches that self-trade prevention prevented, with the orders that met."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.prevented_query import PreventedOf
from archive.queries import Archive, InvalidCursor
from archive.records import PreventedMatchRecord
from tests.support.archive_database import run_database, run_queries, sqlite_url, write_entries
from tests.support.archive_journal import limit, list_entries
from tests.support.exchange import Exchange

MAKERS, DECREMENT, EXPIRE_TAKER = (64, 128), 192, 256
BTC = "BTC-USDT"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """Three meetings: two makers lose to one taker, which then lives; the next taker loses all."""
    exchange = Exchange()
    exchange.send(limit("buy", "0.1", "101", "m-1", account="alice"))
    exchange.send(limit("buy", "0.3", "100", "m-2", account="alice"))
    taker = limit("sell", "0.2", "100", "t-1", account="alice")
    exchange.send(taker | {"self_trade_prevention": "decrement"})
    taker = limit("sell", "0.5", "100", "t-2", account="alice")
    exchange.send(taker | {"self_trade_prevention": "cancel_taker"})
    with run_database(sqlite_url(tmp_path)) as database:
        write_entries(database, list_entries(exchange.batches))
    with run_queries(sqlite_url(tmp_path)) as archive:
        yield archive


def ids(matches: list[PreventedMatchRecord]) -> list[int]:
    return [match.prevented_match_id for match in matches]


def test_both_orders_and_what_they_lost(archive: Archive) -> None:
    told = [
        (
            each.taker_number, each.maker_number, each.price, each.taker_quantity,
            each.maker_quantity, each.self_trade_prevention,
        )
        for each in archive.list_prevented_matches(PreventedOf("alice", BTC))
    ]  # fmt: skip
    assert told == [
        (DECREMENT, MAKERS[0], "101.00", "0.10000", "0.10000", "decrement"),
        (DECREMENT, MAKERS[1], "100.00", "0.10000", "0.10000", "decrement"),
        (EXPIRE_TAKER, MAKERS[1], "100.00", "0.50000", None, "cancel_taker"),
    ]


def test_one_match_those_of_an_order_and_a_page(archive: Archive) -> None:
    def find(match: int | None = None, order: int | None = None, first: int = 0) -> list[int]:
        return ids(archive.list_prevented_matches(PreventedOf("alice", BTC, match, order, first)))

    assert find() == [1, 2, 3]
    assert find(match=2) == [2]
    assert find(order=DECREMENT) == [1, 2]
    assert find(order=MAKERS[1]) == [2, 3]
    assert find(order=MAKERS[1], first=3) == [3]
    assert ids(archive.list_prevented_matches(PreventedOf("alice", BTC), 2)) == [1, 2]
    assert archive.list_prevented_matches(PreventedOf("bob", BTC)) == []
    assert archive.list_prevented_matches(PreventedOf("bob", BTC, order_number=DECREMENT)) == []


def test_pages_have_the_newest_first(archive: Archive) -> None:
    def turn(limit: int, after: str | None = None) -> tuple[list[int], str | None]:
        page = archive.page_prevented_matches(PreventedOf("alice", BTC), limit, after)
        return ids(page.items), page.after

    assert turn(2) == ([3, 2], "2")
    assert turn(2, "2") == ([1], None)
    assert turn(3) == ([3, 2, 1], None)
    [newest, *_] = archive.page_prevented_matches(PreventedOf("alice", BTC)).items
    for order_id, found in ((newest.taker_order_id, [3]), (newest.maker_order_id, [3, 2])):
        which = PreventedOf("alice", BTC, order_id=int(order_id))
        assert ids(archive.page_prevented_matches(which).items) == found
    assert archive.page_prevented_matches(PreventedOf("bob", BTC)).items == []
    with pytest.raises(InvalidCursor):
        turn(2, "x")
