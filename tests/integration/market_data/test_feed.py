from pathlib import Path

import pytest

from goquant import ReaderBook
from protocol.channels import (
    BBO_UPDATES,
    JOURNAL,
    ORDER_BOOK_UPDATES,
    STATE,
    STATE_CONFIRMED,
    STATE_SEQUENCE,
    TRADE_EVENTS,
)
from protocol.codec import encode
from protocol.enums import Side
from protocol.events import ChannelMessage, Trade
from tests.support.market_data import MarketData, Reader, run_market_data
from tests.support.ports import find_free_port
from tests.support.publisher import PUBLIC, Publisher
from tests.support.redis_server import DURABLE, run_redis
from tests.support.waiting import wait_until

STAMP = "2026-11-30T00:00:00.000000Z"


def read_trade_ids(reader: Reader, last: int) -> list[int]:
    ids: list[int] = []
    while not ids or ids[-1] < last:
        ids.append(reader.next_of("trade")["data"]["trade_id"])
    return ids


def follow_book(reader: Reader, last: int) -> tuple[ReaderBook, list[str]]:
    """A new book from the next snapshot on, and why it was sent: deltas may bring it to `last`."""
    book, reasons = ReaderBook(), list[str]()
    while book.last_update_id != last:
        message = reader.next()
        if message["type"] == "book_snapshot":
            reasons.append(message["reason"])
            book.restart(message)
        elif message["type"] == "book_delta":
            book.apply(message)
    return book, reasons


def test_trade_book_and_bbo_of_a_commit_arrive(service: MarketData, publisher: Publisher) -> None:
    with service.read() as reader:
        publisher.set_levels(asks=[("60000.00", "1.00000")])
        assert reader.next_of("l2_update")["data"]["bids"] == []
        while not (update := reader.next_of("l2_update")["data"])["asks"]:
            pass
        assert (update["symbol"], update["update_id"]) == ("BTC-USDT", 1)
        assert update["asks"] == [["60000.00", "1.00000"]]
        bbo = reader.next_of("bbo")["data"]
        assert (bbo["bid"], bbo["ask"], bbo["ask_quantity"]) == (None, "60000.00", "1.00000")
        publisher.set_levels(asks=[("60000.00", "0.40000")], trades=[("60000.00", "0.60000")])
        trade = reader.next_of("trade")["data"]
        assert (trade["trade_id"], trade["price"], trade["quantity"]) == (1, "60000.00", "0.60000")
        assert reader.next_of("l2_update")["data"]["asks"] == [["60000.00", "0.40000"]]


def test_what_happened_before_the_start_comes_from_the_journal(
    redis_url: str, publisher: Publisher
) -> None:
    for step in range(300):
        publisher.set_levels(
            bids=[(f"{50000 + step}.00", "1.00000")], trades=[("50000.00", "0.10000")]
        )
    with run_market_data(redis_url) as service:
        book = service.get("/v1/orderbook/BTC-USDT?depth=2")
        assert book["bids"] == [["50299.00", "1.00000"], ["50298.00", "1.00000"]]
        assert book["last_update_id"] == 300
        assert service.get("/v1/trades/BTC-USDT?limit=1")["trades"][0]["trade_id"] == 300
        assert service.get("/health")["sequence"] == 300


def test_messages_lost_in_the_middle_come_from_the_journal(
    service: MarketData, publisher: Publisher
) -> None:
    with service.read("trades", "book") as reader:
        publisher.trade()
        assert read_trade_ids(reader, 1) == [1]
        for _ in range(200):
            publisher.set_levels(
                bids=[("60000.00", "1.00000")], trades=[("60000.00", "1.00000")], lost=PUBLIC
            )
        publisher.trade()
        assert read_trade_ids(reader, 202) == list(range(2, 203))
    assert service.get("/v1/orderbook/BTC-USDT")["last_update_id"] == 200
    assert service.get("/stats")["feed"]["gaps"] >= 1


@pytest.mark.parametrize("channel", PUBLIC)
def test_a_lost_tail_is_found_without_another_message(
    service: MarketData, publisher: Publisher, channel: str
) -> None:
    publisher.set_levels(
        bids=[("60000.00", "1.00000")], trades=[("60000.00", "1.00000")], lost=[channel]
    )
    wait_until(lambda: service.get("/health")["sequence"] == 1, "the first commit is in")
    assert service.get("/v1/trades/BTC-USDT")["trades"][0]["trade_id"] == 1
    assert service.get("/v1/orderbook/BTC-USDT")["bids"] == [["60000.00", "1.00000"]]
    assert service.get("/v1/bbo/BTC-USDT")["bid"] == "60000.00"
    assert service.get("/stats")["feed"]["lost_tails"] == 1


def test_repeated_and_reordered_messages_are_told_once_and_in_order(
    service: MarketData, publisher: Publisher
) -> None:
    with service.read("trades") as reader:
        first = publisher.trade()[TRADE_EVENTS]
        publisher.publish(TRADE_EVENTS, first)
        late = [publisher.trade(lost=PUBLIC)[TRADE_EVENTS] for _ in range(3)]
        publisher.trade()
        for message in reversed(late):
            publisher.publish(TRADE_EVENTS, message)
        publisher.trade()
        assert read_trade_ids(reader, 6) == [1, 2, 3, 4, 5, 6]
    assert service.get("/stats")["feed"]["duplicates"] >= 4


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"hello",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"{}",
        b'{"previous":0,"sequence":99999999,"events":[{"type":"trade"}]}',
        b'{"previous":5,"sequence":9,"events":[]}',
        b'{"previous":0,"sequence":-4,"events":[]}',
        b'{"previous":0,"sequence":1e400,"events":[]}',
        b'{"previous":0,"sequence":' + b"9" * 5000 + b',"events":[]}',
    ],
)
def test_garbage_on_every_channel_changes_nothing(
    service: MarketData, publisher: Publisher, garbage: bytes
) -> None:
    with service.read("trades", "book") as reader:
        for channel in PUBLIC:
            publisher.publish(channel, garbage)
        publisher.set_levels(bids=[("60000.00", "1.00000")], trades=[("60000.00", "1.00000")])
        assert read_trade_ids(reader, 1) == [1]
    wait_until(lambda: bool(service.get("/v1/orderbook/BTC-USDT").get("bids")), "the book has bids")
    assert service.is_healthy()


def test_a_believable_lie_is_undone_by_the_journal(
    service: MarketData, publisher: Publisher
) -> None:
    with service.read("book") as reader:
        assert reader.next_of("book_snapshot")["reason"] == "subscribed"
        message = publisher.set_levels(bids=[("60000.00", "1.00000")])[ORDER_BOOK_UPDATES]
        assert reader.next_of("book_delta")["last_update_id"] == 1
        lie = message.replace(b"60000.00", b"70000.00").replace(b'"previous":0', b'"previous":1')
        lie = lie.replace(b'"sequence":1', b'"sequence":500').replace(
            b'update_id":1', b'update_id":2'
        )
        publisher.publish(ORDER_BOOK_UPDATES, lie)
        assert reader.next_of("book_delta")["bids"] == [["70000.00", "1.00000"]]
        snapshot = reader.next_of("book_snapshot")
        assert (snapshot["reason"], snapshot["last_update_id"]) == ("rebuilt", 1)
        assert snapshot["bids"] == [["60000.00", "1.00000"]]
    assert service.get("/stats")["feed"]["rebuilds"] == 1


def test_an_event_of_an_unknown_symbol_is_ignored(
    service: MarketData, publisher: Publisher
) -> None:
    with service.read("trades") as reader:
        message = publisher.trade(lost=PUBLIC)[TRADE_EVENTS]
        publisher.publish(TRADE_EVENTS, message.replace(b"BTC-USDT", b"DOGE-X"))
        publisher.publish(TRADE_EVENTS, message)
        assert read_trade_ids(reader, 1) == [1]
    assert service.get("/stats")["feed"]["garbage"] == 1


def test_an_exchange_that_began_anew_is_built_anew_and_readers_are_told(
    service: MarketData, publisher: Publisher, redis_url: str
) -> None:
    with service.read("book") as reader, service.read("trades") as trades:
        for _ in range(20):
            publisher.trade()
        assert read_trade_ids(trades, 20) == list(range(1, 21))
        for step in range(5):
            publisher.set_levels(bids=[(f"{60000 + step}.00", "1.00000")])
        while reader.next_of("book_delta")["last_update_id"] < 5:
            pass
        publisher.redis.flushall()
        anew = Publisher(redis_url)
        for _ in range(9):
            anew.set_levels(asks=[("61000.00", "2.00000")], trades=[("61000.00", "1.00000")])
        book, reasons = follow_book(reader, 9)
        assert set(reasons) == {"rebuilt"}
        assert (book.bids(), book.asks()) == ([], [("61000.00", "2.00000")])
        assert [trades.next_of("trade")["data"]["trade_id"] for _ in range(9)] == [*range(1, 10)]
        anew.close()


def test_a_journal_that_does_not_reach_back_makes_health_red_until_it_does(
    redis_url: str, publisher: Publisher
) -> None:
    entries = publisher.redis
    for _ in range(5):
        publisher.trade()
    entries.xtrim(JOURNAL, maxlen=3, approximate=False)
    with run_market_data(redis_url, is_healthy=False) as service:
        wait_until(service.is_up, "the service is up")
        assert not service.is_healthy()
        assert service.http.get("/v1/orderbook/BTC-USDT").status_code == 503
        entries.delete(JOURNAL)
        entries.hset(STATE, mapping={STATE_SEQUENCE: 0, STATE_CONFIRMED: 0})
        for channel in (TRADE_EVENTS, ORDER_BOOK_UPDATES, BBO_UPDATES):
            entries.hset(STATE, f"last:{channel}", 0)
        wait_until(service.is_healthy, "the feed is in sync")


@pytest.mark.parametrize("newest_is_damaged", [False, True])
def test_a_trimmed_journal_is_continued_from_the_newest_readable_snapshot(
    redis_url: str, publisher: Publisher, newest_is_damaged: bool
) -> None:
    for step in range(50):
        publisher.set_levels(
            bids=[(f"{50000 + step}.00", "1.00000")], trades=[("50000.00", "0.10000")]
        )
    publisher.snapshot()
    publisher.set_levels(asks=[("61000.00", "1.00000")], trades=[("61000.00", "0.10000")])
    if newest_is_damaged:
        publisher.snapshot(is_damaged=True)
    with run_market_data(redis_url) as service, service.read("trades") as reader:
        book = service.get("/v1/orderbook/BTC-USDT")
        assert len(book["bids"]) == 50
        assert book["asks"] == [["61000.00", "1.00000"]]
        assert book["last_update_id"] == 51
        assert service.get("/v1/bbo/BTC-USDT")["bid"] == "50049.00"
        trades = service.get("/v1/trades/BTC-USDT")
        assert [trade["trade_id"] for trade in trades["trades"]] == [51]
        assert trades["next_before"] == 51  # what came before is the archive's to tell
        older = service.http.get("/v1/trades/BTC-USDT?before=51")
        assert (older.status_code, older.json()["code"]) == (503, "archive_unavailable")
        publisher.trade()
        assert read_trade_ids(reader, 52) == [52]


def test_what_was_missed_before_the_journal_begins_costs_readers_a_new_snapshot(
    service: MarketData, publisher: Publisher
) -> None:
    with service.read("book") as reader:
        publisher.set_levels(bids=[("60000.00", "1.00000")])
        assert reader.next_of("book_delta")["last_update_id"] == 1
        publisher.set_levels(bids=[("60001.00", "1.00000")], lost=PUBLIC)
        publisher.snapshot()
        publisher.set_levels(bids=[("60002.00", "1.00000")])
        snapshot = reader.next_of("book_snapshot")
    assert (snapshot["reason"], snapshot["last_update_id"]) == ("rebuilt", 3)
    assert [price for price, _ in snapshot["bids"]] == ["60002.00", "60001.00", "60000.00"]


def test_a_lie_without_events_costs_readers_no_trade(
    service: MarketData, publisher: Publisher
) -> None:
    with service.read("trades") as reader:
        publisher.commit({})
        message = ChannelMessage(0, publisher.sequence, [])
        publisher.publish(TRADE_EVENTS, encode(message))
        publisher.trade()
        publisher.trade()
        assert read_trade_ids(reader, 2) == [1, 2]
    assert service.get("/stats")["feed"]["rebuilds"] == 1


def test_redis_stopped_and_back_readers_stay_and_miss_nothing(tmp_path: Path) -> None:
    port = find_free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with run_redis(tmp_path, *DURABLE, port=port):
        publisher = Publisher(url)
        with run_market_data(url) as service, service.read("trades", "heartbeat") as reader:
            publisher.trade()
            assert read_trade_ids(reader, 1) == [1]
            publisher.redis.shutdown()
            wait_until(lambda: not service.is_healthy(), "the feed is out of sync")
            answer = service.http.get("/v1/bbo/BTC-USDT")
            assert (answer.status_code, answer.json()["code"]) == (503, "not_in_sync")
            while reader.next_of("heartbeat")["in_sync"]:
                pass
            with run_redis(tmp_path, *DURABLE, port=port):
                publisher.trade(lost=PUBLIC)
                publisher.trade()
                wait_until(service.is_healthy, "the feed is in sync")
                publisher.trade()
                assert read_trade_ids(reader, 4) == [2, 3, 4]
            publisher.close()


@pytest.mark.parametrize("ahead", [1, 2])
def test_a_forged_trade_on_a_busy_channel_is_taken_back(
    service: MarketData, publisher: Publisher, ahead: int
) -> None:
    """It fits the chain, and the engine's next message, or the one after, comes in its place."""
    publisher.trade()
    wait_until(lambda: service.get("/health")["sequence"] == 1, "the first trade is in")
    with service.read("trades") as reader:
        forged = Trade("BTC-USDT", 2, "1.00", "9.00000", Side.BUY, "1", "2", STAMP)
        message = ChannelMessage(publisher.sequence, publisher.sequence + ahead, [forged])
        publisher.publish(TRADE_EVENTS, encode(message))
        assert reader.next_of("trade")["data"]["price"] == "1.00"
        for _ in range(5):
            publisher.trade()
        assert reader.next_of("trade")["data"]["price"] == "60000.00"
        wait_until(lambda: service.get("/health")["sequence"] == 6, "the feed is in sync")
    trades = service.get("/v1/trades/BTC-USDT")["trades"]
    assert [(each["trade_id"], each["price"]) for each in trades] == [
        (number, "60000.00") for number in range(6, 0, -1)
    ]


def test_another_message_in_the_place_of_the_engines_is_ignored(
    service: MarketData, publisher: Publisher
) -> None:
    for _ in range(3):
        publisher.trade()
    wait_until(lambda: service.get("/health")["sequence"] == 3, "the trades are in")
    forged = Trade("BTC-USDT", 2, "1.00", "9.00000", Side.BUY, "1", "2", STAMP)
    publisher.publish(TRADE_EVENTS, encode(ChannelMessage(1, 2, [forged])))
    wait_until(lambda: service.get("/stats")["feed"]["garbage"] == 1, "it is ignored")
    publisher.trade()
    wait_until(lambda: service.get("/health")["sequence"] == 4, "the feed goes on")
    assert service.get("/stats")["feed"]["rebuilds"] == 0
