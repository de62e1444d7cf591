"""Questions to the archive: found by index, in stable pages, and only by the owner."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from archive.database import open_for_queries
from archive.queries import (
    Archive,
    ArchiveUnavailable,
    FillFilter,
    InvalidCursor,
    LedgerFilter,
    OrderFilter,
)
from archive.records import OrderRecord
from archive.sqlite_statistics import set_statistics
from protocol.timestamps import parse_timestamp
from tests.support.archive_database import run_database, run_queries, sqlite_url, write_entries
from tests.support.archive_journal import limit, list_entries
from tests.support.exchange import Exchange

BEGIN = 1_700_000_000_000_000


@pytest.fixture
def exchange() -> Exchange:
    """Ten orders of alice for BTC-USDT, of which bob takes three, and one for ETH-USDT."""
    exchange = Exchange()
    for number in range(10):
        price = f"{50_000 + number}"
        exchange.send(limit("buy", "0.1", price, f"a-{number}", account="alice"))
    exchange.send(limit("sell", "0.3", "50007", "b-1", account="bob"))
    exchange.send(limit("buy", "0.1", "10", "e-1", account="alice", symbol="ETH-USDT"))
    exchange.send(limit("buy", "0.1", "10.001", "bad", account="alice"))
    return exchange


@pytest.fixture
def url(exchange: Exchange, tmp_path: Path) -> str:
    with run_database(sqlite_url(tmp_path)) as database:
        write_entries(database, list_entries(exchange.batches))
    return sqlite_url(tmp_path)


@pytest.fixture
def archive(url: str) -> Iterator[Archive]:
    with run_queries(url) as archive:
        yield archive


def names(orders: list[OrderRecord]) -> list[str | None]:
    return [order.client_order_id for order in orders]


def test_order_by_client_id_and_by_id_are_the_same(archive: Archive) -> None:
    order = archive.find_order_by_client_id("alice", "a-9")
    assert order is not None
    assert order == archive.find_order(int(order.order_id), "alice")
    told = (order.status, order.price, order.filled_quantity, order.average_price)
    assert told == ("filled", "50009.00", "0.10000", "50009.00000000")
    assert (order.opened_at, order.updated_at) == (
        "2023-11-14T22:13:20.000010Z",
        "2023-11-14T22:13:20.000011Z",
    )


def test_order_of_another_account_is_none(archive: Archive) -> None:
    order = archive.find_order_by_client_id("alice", "a-1")
    assert order is not None
    assert archive.find_order(int(order.order_id), "bob") is None
    assert archive.find_order_by_client_id("bob", "a-1") is None


def test_rejected_order_keeps_what_was_refused(archive: Archive) -> None:
    order = archive.find_order_by_client_id("alice", "bad")
    assert order is not None
    assert (order.status, order.reason, order.price) == ("rejected", "off_tick", "10.001")
    assert archive.find_accepted_order("alice", "bad") is None


def test_a_rejected_order_does_not_hide_an_accepted_one_of_its_name(
    archive: Archive, exchange: Exchange, url: str
) -> None:
    exchange.send(limit("buy", "0.1", "10.001", "a-9", account="alice"))
    with run_database(url) as database:
        write_entries(database, list_entries(exchange.batches[-1:]))
    order = archive.find_accepted_order("alice", "a-9")
    assert order is not None
    assert order.status == "filled"


def test_orders_are_listed_newest_first_and_filtered(archive: Archive) -> None:
    def listed(**more: object) -> list[str | None]:
        return names(archive.list_orders(OrderFilter("alice", **more)).items)  # type: ignore[arg-type]

    assert listed() == ["bad", "e-1", *(f"a-{number}" for number in range(9, -1, -1))]
    assert listed(symbol="ETH-USDT") == ["e-1"]
    assert listed(status="filled") == ["a-9", "a-8", "a-7"]
    assert listed(symbol="BTC-USDT", status="open") == [f"a-{n}" for n in range(6, -1, -1)]
    assert listed(is_open=True) == ["e-1", *(f"a-{n}" for n in range(6, -1, -1))]
    assert listed(is_open=True, symbol="ETH-USDT") == ["e-1"]
    assert listed(start=BEGIN + 3, end=BEGIN + 5) == ["a-3", "a-2"]
    assert listed(start=BEGIN + 1000) == []
    assert listed(end=BEGIN) == []


def test_pages_stay_whole_while_orders_come_in(
    archive: Archive, exchange: Exchange, url: str
) -> None:
    first = archive.list_orders(OrderFilter("alice"), 5)
    exchange.send(limit("buy", "0.1", "40000", "later", account="alice"))
    with run_database(url) as database:
        write_entries(database, list_entries(exchange.batches[-1:]))
    second = archive.list_orders(OrderFilter("alice"), 5, first.after)
    third = archive.list_orders(OrderFilter("alice"), 5, second.after)
    assert names(first.items + second.items + third.items) == [
        "bad", "e-1", *(f"a-{number}" for number in range(9, -1, -1)),
    ]  # fmt: skip
    assert third.after is None


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 30, "²"])
def test_strange_cursor_is_refused(archive: Archive, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        archive.list_orders(OrderFilter("alice"), after=cursor)


def test_fills_of_account_and_of_order(archive: Archive) -> None:
    fills = archive.list_fills(FillFilter("bob")).items
    assert [(fill.price, fill.quantity, fill.liquidity) for fill in fills] == [
        ("50007.00", "0.10000", "taker"),
        ("50008.00", "0.10000", "taker"),
        ("50009.00", "0.10000", "taker"),
    ]
    order = archive.find_order_by_client_id("alice", "a-8")
    assert order is not None
    (fill,) = archive.list_fills(FillFilter("alice", order_id=int(order.order_id))).items
    assert (fill.trade_id, fill.liquidity, fill.side) == (2, "maker", "buy")
    assert archive.list_fills(FillFilter("bob", order_id=int(order.order_id))).items == []


def test_fills_of_an_id_that_was_used_again_are_the_latest_ones(tmp_path: Path) -> None:
    exchange = Exchange(closed_limit=1)
    for price in ("100", "200"):
        exchange.send(limit("sell", "0.1", price), limit("buy", "0.1", price, "again"))
    with run_database(sqlite_url(tmp_path)) as database:
        write_entries(database, list_entries(exchange.batches))
    with run_queries(sqlite_url(tmp_path)) as archive:
        order = archive.find_order_by_client_id("default", "again")
        assert order is not None
        fills = archive.list_fills(FillFilter("default", order_id=int(order.order_id))).items
        listed = names(archive.list_orders(OrderFilter("default")).items)
    assert (order.price, [fill.price for fill in fills]) == ("200.00", ["200.00"])
    assert listed.count("again") == 2


def test_id_that_is_used_again_in_the_page_in_which_its_order_closes(tmp_path: Path) -> None:
    exchange = Exchange(closed_limit=1)
    exchange.send(limit("buy", "0.1", "10", "again"))
    exchange.send({"command": "cancel_all"}, limit("buy", "0.1", "10", "other"))
    exchange.send({"command": "cancel_all"}, limit("buy", "0.2", "10", "again"))
    entries = list_entries(exchange.batches)
    url = sqlite_url(tmp_path)
    with run_database(url) as database, run_queries(url) as archive:
        write_entries(database, entries[:1])
        write_entries(database, entries[1:])
        listed = archive.list_orders(OrderFilter("default")).items
    assert [(order.client_order_id, order.status, order.quantity) for order in listed] == [
        ("again", "open", "0.20000"),
        ("other", "canceled", "0.10000"),
        ("again", "canceled", "0.10000"),
    ]


def test_trades_before_and_after_an_id(archive: Archive) -> None:
    def ids(**more: int) -> list[int]:
        return [trade.trade_id for trade in archive.list_trades("BTC-USDT", **more)]

    assert ids() == [3, 2, 1]
    assert ids(before=3) == [2, 1]
    assert ids(after=1) == [2, 3]
    assert ids(after=1, before=3) == [2]
    assert ids(limit=1) == [3]
    assert archive.list_trades("NO-SUCH") == []


def test_archive_that_is_not_there_yet_is_unavailable_and_made_by_nobody(tmp_path: Path) -> None:
    with run_queries(sqlite_url(tmp_path)) as archive, pytest.raises(ArchiveUnavailable):
        archive.last_sequence()
    assert list(tmp_path.iterdir()) == []


def test_queries_cannot_write(url: str) -> None:
    database = open_for_queries(url)
    with database.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM orders")
    database.dispose()


def everything(archive: Archive) -> list[Callable[[], object]]:
    return [
        lambda: archive.find_order(5, "alice"),
        lambda: archive.find_order_by_client_id("alice", "a-1"),
        *(
            lambda which=which: archive.list_orders(which)
            for which in (
                OrderFilter("alice"),
                OrderFilter("alice", "BTC-USDT"),
                OrderFilter("alice", status="open"),
                OrderFilter("alice", "BTC-USDT", "open"),
                OrderFilter("alice", is_open=True),
                OrderFilter("alice", "BTC-USDT", is_open=True),
                OrderFilter("alice", start=1, end=2),
            )
        ),
        lambda: archive.list_fills(FillFilter("alice")),
        lambda: archive.list_fills(FillFilter("alice", "BTC-USDT", start=1, end=2)),
        lambda: archive.list_fills(FillFilter("alice", order_id=5)),
        lambda: archive.list_trades("BTC-USDT", before=5),
        lambda: archive.list_trades("BTC-USDT", after=5),
        lambda: archive.list_candles("BTC-USDT", 60, BEGIN, BEGIN + 1),
        lambda: archive.list_ledger(LedgerFilter("alice")),
        lambda: archive.list_ledger(LedgerFilter("alice", 1, 2)),
        lambda: archive.find_accepted_order("alice", "nobody"),
    ]


SMALL = ("archive_state", "FROM assets", "FROM instruments")
"""Tables that are read whole."""


def explain(database: Engine, plans: list[str]) -> None:
    def keep_plan(
        connection: object, _cursor: object, statement: str, values: object, *_: object
    ) -> None:
        if statement.startswith("SELECT") and not any(table in statement for table in SMALL):
            raw = connection.connection.cursor()  # type: ignore[attr-defined]
            raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans.extend(row[3] for row in raw.fetchall())

    event.listen(database, "before_cursor_execute", keep_plan)


INDEXES = [
    ["orders_by_id"],
    ["orders_by_client_id"],
    ["orders_by_account"],
    ["orders_by_symbol"],
    ["orders_by_status"],
    ["orders_by_symbol_and_status"],
    ["orders_open_by_account"],
    ["orders_open_by_symbol"],
    ["orders_by_account", "orders_by_time", "orders_by_time"],
    ["fills_by_account"],
    ["fills_by_symbol", "fills_by_time", "fills_by_time"],
    ["fills_by_order", "orders_by_id"],
    ["PRIMARY KEY of trades"],
    ["PRIMARY KEY of trades"],
    ["PRIMARY KEY of candles", "PRIMARY KEY of candles"],
    ["fills_by_account", "balance_changes_by_account"],
    [
        *("fills_by_account", "fills_by_time", "fills_by_time"),
        *["balance_changes_by_account"],
        *("balance_changes_by_time", "balance_changes_by_time"),
    ],
    ["orders_by_client_id", "orders_by_cancel_id"],
]
"""Of each question of `everything`."""


def name_index(plan: str) -> str:
    """`SEARCH orders USING INDEX orders_by_id (order_id=?)` → `orders_by_id`."""
    _, table, _, *words = plan.partition(" (")[0].split()
    return f"PRIMARY KEY of {table}" if words[-1] == "KEY" else words[-1]


def list_indexes(url: str) -> list[list[str]]:
    """Those that each question is answered from."""
    database = open_for_queries(url)
    archive = Archive(database)
    archive.last_sequence()
    plans: list[str] = []
    explain(database, plans)
    found = []
    for ask in everything(archive):
        plans.clear()
        ask()
        assert [plan for plan in plans if "SCAN" in plan or "TEMP B-TREE" in plan] == []
        found.append([name_index(plan) for plan in plans if plan.startswith("SEARCH")])
    archive.close()
    return found


def test_every_question_is_answered_from_an_index(url: str) -> None:
    assert list_indexes(url) == INDEXES


@pytest.mark.parametrize("seed", range(6))
def test_index_does_not_depend_on_which_of_them_is_older(url: str, seed: int) -> None:
    with run_database(url) as database, database.begin() as connection:
        query = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL"
        indexes = list(connection.exec_driver_sql(f"{query} ORDER BY name"))
        random.Random(seed).shuffle(indexes)
        for name, statement in indexes:
            connection.exec_driver_sql(f"DROP INDEX {name}")
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
        set_statistics(connection)
    assert list_indexes(url) == INDEXES


def test_accepted_orders_of_a_symbol_are_listed_from_a_number_on(archive: Archive) -> None:
    found = archive.list_orders_from("alice", "BTC-USDT", 8 * 64 + 1, 5)
    assert [order.number for order in found] == [9 * 64, 10 * 64]
    assert names(found) == ["a-8", "a-9"]
    assert names(archive.list_orders_from("alice", "ETH-USDT", 0)) == ["e-1"]


def test_order_and_its_fills_have_the_exchanges_numbers(archive: Archive) -> None:
    order = archive.find_order_by_number("alice", 10 * 64)
    assert order is not None
    assert (order.client_order_id, order.execution_number) == ("a-9", 13 * 64)
    assert archive.find_order_by_number("bob", 10 * 64) is None
    [fill] = archive.list_fills(FillFilter("alice", order_id=int(order.order_id))).items
    assert (fill.number, fill.execution_number) == (10 * 64, 13 * 64)


def test_rejected_order_has_no_number_but_its_report_does(archive: Archive) -> None:
    bad = archive.find_order_by_client_id("alice", "bad")
    assert bad is not None
    assert bad.number is None
    assert bad.execution_number is not None


def test_amends_of_an_order_are_listed_and_its_name_is_the_latest(tmp_path: Path) -> None:
    exchange = Exchange()
    exchange.send(limit("buy", "0.3", "100", "first", account="alice"))
    amend = {"command": "amend", "account": "alice", "number": 64}
    exchange.send(amend | {"quantity": "0.2", "new_client_order_id": "second"})
    entries = list_entries(exchange.batches)
    with run_database(sqlite_url(tmp_path)) as database:
        write_entries(database, entries)
        exchange.send(amend | {"quantity": "0.1", "new_client_order_id": "third"})
        write_entries(database, list_entries(exchange.batches)[len(entries) :])
    with run_queries(sqlite_url(tmp_path)) as archive:
        told = [
            (one.execution_number, one.previous_client_order_id, one.client_order_id, one.quantity)
            for one in archive.list_amendments("alice", 64)
        ]
        assert told == [
            (128, "first", "second", "0.20000"),
            (192, "second", "third", "0.10000"),
        ]
        assert (
            archive.list_amendments("alice", 64, 129, 5) == archive.list_amendments("alice", 64)[1:]
        )
        assert archive.list_amendments("bob", 64) == []
        order = archive.find_order_by_client_id("alice", "third")
        assert order is not None
        assert archive.find_order_by_client_id("alice", "first") is None


@pytest.mark.parametrize("is_one_page", [True, False])
def test_stop_is_working_since_its_trigger(tmp_path: Path, is_one_page: bool) -> None:
    exchange = Exchange()
    stop = {"order_type": "stop_loss", "side": "sell", "quantity": "0.2", "stop_price": "99"}
    exchange.send(limit("buy", "0.5", "99", "bid", account="bob"))
    exchange.send(stop | {"symbol": "BTC-USDT", "account": "alice", "client_order_id": "stop"})
    entries = list_entries(exchange.batches)
    with run_database(sqlite_url(tmp_path)) as database:
        if not is_one_page:
            write_entries(database, entries)
            with run_queries(sqlite_url(tmp_path)) as archive:
                waiting = archive.find_order_by_client_id("alice", "stop")
                assert waiting is not None
                assert waiting.working_since is None
        exchange.now += 1_000_000
        exchange.send(limit("sell", "0.1", "99", "ask", account="carol"))
        rest = list_entries(exchange.batches)
        write_entries(database, rest if is_one_page else rest[len(entries) :])
    with run_queries(sqlite_url(tmp_path)) as archive:
        bid = archive.find_order_by_client_id("bob", "bid")
        fired = archive.find_order_by_client_id("alice", "stop")
    assert bid is not None
    assert fired is not None
    assert bid.working_since == bid.opened_at < bid.updated_at
    assert fired.working_since == fired.updated_at > fired.opened_at


@pytest.mark.parametrize("is_one_page", [True, False])
def test_trailing_stop_follows_since_its_first_stop_price(
    tmp_path: Path, is_one_page: bool
) -> None:
    exchange = Exchange()
    trail = {
        "symbol": "BTC-USDT", "account": "alice", "side": "sell", "quantity": "0.2",
        "order_type": "take_profit", "activation_price": "101", "trailing_offset": "100",
        "trailing_offset_type": "basis_points", "client_order_id": "trail",
    }  # fmt: skip
    exchange.send(trail)
    moments = [exchange.now]
    for price in ("101", "102", "100"):
        exchange.now += 1_000_000
        moments.append(exchange.now)
        exchange.send(limit("buy", "0.1", price, account="bob"))
        exchange.send(limit("sell", "0.1", price, account="carol"))
    entries = list_entries(exchange.batches)
    with run_database(sqlite_url(tmp_path)) as database:
        for page in [entries] if is_one_page else [[entry] for entry in entries]:
            write_entries(database, page)
    with run_queries(sqlite_url(tmp_path)) as archive:
        told = archive.find_order_by_client_id("alice", "trail")
    assert told is not None
    assert told.trailing_since is not None
    since = parse_timestamp(told.trailing_since)
    assert moments[1] <= since < moments[2] < moments[3] <= parse_timestamp(told.updated_at)


@pytest.mark.parametrize("is_one_page", [True, False])
def test_order_is_found_by_the_id_of_its_cancel(tmp_path: Path, is_one_page: bool) -> None:
    exchange = Exchange()
    exchange.send(limit("buy", "0.5", "99", "bid", account="alice"))
    cancel = {"command": "cancel", "account": "alice", "cancel_id": "end"}
    exchange.send(cancel | {"client_order_id": "bid"})
    entries = list_entries(exchange.batches)
    with run_database(sqlite_url(tmp_path)) as database:
        for page in [entries] if is_one_page else [[entry] for entry in entries]:
            write_entries(database, page)
    with run_queries(sqlite_url(tmp_path)) as archive:
        found = archive.find_accepted_order("alice", "end")
        assert found == archive.find_accepted_order("alice", "bid")
        assert archive.find_accepted_order("bob", "end") is None
    assert found is not None
    assert (found.client_order_id, found.cancel_id) == ("bid", "end")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("7:1000001", "7:1000001"), (None, None), (7, None), (["a"], None), ("no name", None)],
)
def test_strategy_is_kept_if_it_is_a_name(tmp_path: Path, sent: object, kept: str | None) -> None:
    exchange = Exchange()
    order = limit("buy", "0.5", "99", "bid", account="alice")
    exchange.send(order | {"strategy": sent}, limit("buy", "0.5", "98", "other", account="alice"))
    exchange.send({"command": "amend", "client_order_id": "bid", "account": "alice",
                   "quantity": "0.4", "strategy": "later"})  # fmt: skip
    with run_database(sqlite_url(tmp_path)) as database:
        write_entries(database, list_entries(exchange.batches))
    with run_queries(sqlite_url(tmp_path)) as archive:
        orders = archive.list_orders(OrderFilter("alice")).items
    assert {order.client_order_id: order.strategy for order in orders} == {
        "bid": kept, "other": None,
    }  # fmt: skip
