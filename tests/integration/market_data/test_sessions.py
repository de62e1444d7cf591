"""Coming back, asking by URL, and the limits of a connection."""

import json
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from edge.frame_budget import (
    BYTES_AT_ONCE,
    FRAMES_A_SECOND,
    FRAMES_AT_ONCE,
    MAX_REFUSED_FRAMES,
)
from market_data.market.delta_ring import DELTAS_KEPT
from tests.support.archive_database import sqlite_url
from tests.support.archive_service import run_follower, wait_until_archived
from tests.support.market_data import Json, MarketData, Reader, run_market_data
from tests.support.publisher import PUBLIC, Publisher
from tests.support.raw_websocket import make_frame, open_websocket, read_to_end
from tests.support.redis_client import open_redis
from tests.support.waiting import DEADLINE_SECONDS, wait_until

BTC = "BTC-USDT"


def resume(reader: Reader, **ids: int) -> Json:
    return reader.ask("resume", symbols={BTC: ids})


def read_trade_ids(reader: Reader, last: int) -> list[int]:
    ids: list[int] = []
    while not ids or ids[-1] < last:
        ids.append(reader.next_of("trade")["data"]["trade_id"])
    return ids


def read_kinds(reader: Reader, kinds: list[str]) -> None:
    while True:
        message = reader.next()
        kinds.append(str(message.get("code", message["type"])))


def publish(publisher: Publisher, count: int) -> None:
    for step in range(count):
        publisher.set_levels(
            bids=[(f"{50000 + step % 7}.00", f"{step + 1}.00000")], trades=[("60000.00", "0.1")]
        )


def wait_for_update(service: MarketData, update_id: int) -> None:
    wait_until(
        lambda: service.get("/v1/orderbook/BTC-USDT").get("last_update_id") == update_id,
        f"the book is at {update_id}",
    )


def test_a_reader_that_comes_back_gets_what_it_missed_and_goes_on(
    service: MarketData, publisher: Publisher
) -> None:
    publish(publisher, 100)
    wait_for_update(service, 100)
    with service.read(query="?channels=") as reader:
        assert reader.next()["subscriptions"] == []
        ack = resume(reader, update_id=60, trade_id=90)
        assert ack["subscriptions"] == {"book": [BTC], "trades": [BTC]}
        delta = reader.next_of("book_delta")
        assert (delta["first_update_id"], delta["last_update_id"]) == (61, 100)
        assert len(delta["bids"]) == 7
        publisher.trade()
        assert read_trade_ids(reader, 101) == list(range(91, 102))


def test_a_reader_that_missed_nothing_gets_nothing_twice(
    service: MarketData, publisher: Publisher
) -> None:
    publish(publisher, 5)
    wait_for_update(service, 5)
    with service.read(query="?channels=") as reader:
        reader.next()
        resume(reader, update_id=5, trade_id=5)
        publish(publisher, 1)
        messages = sorted(reader.next()["type"] for _ in range(2))
    assert messages == ["book_delta", "trade"]


@pytest.mark.parametrize("known", [0, 1, DELTAS_KEPT + 500])
def test_a_book_that_cannot_be_continued_begins_with_a_snapshot(
    service: MarketData, publisher: Publisher, known: int
) -> None:
    publish(publisher, DELTAS_KEPT + 10)
    wait_for_update(service, DELTAS_KEPT + 10)
    with service.read(query="?channels=") as reader:
        reader.next()
        resume(reader, update_id=known)
        snapshot = reader.next()
    assert (snapshot["type"], snapshot["reason"]) == ("book_snapshot", "resumed")
    assert snapshot["last_update_id"] == DELTAS_KEPT + 10


def test_trades_that_are_held_nowhere_are_said_to_be_missing(
    redis_url: str, publisher: Publisher
) -> None:
    publish(publisher, 20)
    publisher.snapshot()
    publish(publisher, 3)
    with run_market_data(redis_url) as service, service.read(query="?channels=") as reader:
        reader.next()
        resume(reader, trade_id=5)
        assert reader.next() == {
            "type": "trades_missing", "symbol": BTC, "first_trade_id": 6, "last_trade_id": 20,
        }  # fmt: skip
        assert read_trade_ids(reader, 23) == [21, 22, 23]


def test_trades_before_memory_come_from_the_archive_without_a_seam(
    redis_url: str, publisher: Publisher, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path)
    publish(publisher, 2_500)
    with run_follower(redis_url, url), open_redis(redis_url) as client:
        wait_until_archived(client, publisher.sequence)
    publisher.snapshot()
    publish(publisher, 3)
    with run_market_data(redis_url, DATABASE_URL=url) as service:
        with service.read(query="?channels=") as reader:
            reader.next()
            resume(reader, trade_id=5)
            publish(publisher, 2)
            assert read_trade_ids(reader, 2_505) == list(range(6, 2_506))
        page = service.get("/v1/trades/BTC-USDT?limit=1000&before=2504")["trades"]
        assert [each["trade_id"] for each in page] == list(range(2_503, 1_503, -1))


def test_while_the_feed_is_being_built_nobody_can_resume(
    redis_url: str, publisher: Publisher
) -> None:
    publish(publisher, 5)
    publisher.redis.xtrim("{order_queue}:journal", maxlen=2, approximate=False)
    with run_market_data(redis_url, is_healthy=False) as service:
        wait_until(service.is_up, "the service is up")
        with service.read() as reader:
            assert resume(reader, trade_id=1)["code"] == "not_in_sync"


def test_a_url_subscribes(service: MarketData, publisher: Publisher) -> None:
    with service.read(query="?channels=book,trades&symbols=ETH-USDT") as reader:
        assert reader.next()["subscriptions"] == ["book", "trades"]
        assert reader.next()["symbol"] == "ETH-USDT"
        publisher.trade()
        publisher.trade(symbol="ETH-USDT")
        assert reader.next()["data"]["symbol"] == "ETH-USDT"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?channels=level3", "unknown_channel"),
        ("?symbols=DOGE", "unknown_symbol"),
        ("?chanels=book", "unknown_field"),
    ],
)
def test_a_bad_url_is_told_why_and_closed(
    shared_service: MarketData, query: str, code: str
) -> None:
    before: Counter[str] = Counter(shared_service.get("/stats")["refused"])
    with shared_service.read(query=query) as reader:
        assert reader.next()["code"] == code
        with pytest.raises(ConnectionClosed) as closed:
            reader.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        assert closed.value.rcvd.reason.startswith(code)
    assert shared_service.get("/stats")["refused"] == before + Counter([code])


def test_ping_is_answered(service: MarketData) -> None:
    with service.read(query="?channels=") as reader:
        reader.next()
        reader.connection.send('{"action":"ping","id":"p1"}')
        pong = reader.next()
    assert (pong["type"], pong["id"]) == ("pong", "p1")
    assert pong["timestamp"].endswith("Z")


def send_pings(reader: Reader, count: int) -> None:
    """Together: what a slow client sends one by one is not too much."""
    texts = (json.dumps({"action": "ping", "id": number}).encode() for number in range(count))
    frames = b"".join(Frame(Opcode.TEXT, text).serialize(mask=True) for text in texts)
    with suppress(OSError):  # the end may come before all was sent
        reader.connection.socket.sendall(frames)


def test_too_many_frames_are_refused_and_then_end_the_connection(service: MarketData) -> None:
    began = time.monotonic()
    with service.read(query="?channels=") as reader:
        reader.next()
        kinds: list[str] = []
        send_pings(reader, 20 * FRAMES_AT_ONCE)
        with pytest.raises(ConnectionClosed) as closed:
            read_kinds(reader, kinds)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert closed.value.rcvd.reason.startswith("rate_limited: more than 20 frames a second")
    most = FRAMES_AT_ONCE + FRAMES_A_SECOND * (time.monotonic() - began) + 1
    assert kinds.count("pong") <= most
    assert kinds[-1] == "rate_limited"
    wait_until(
        lambda: service.get("/stats")["closed"].get("rate_limited") == 1, "the reader is closed"
    )
    assert 'feed_closed_total{reason="rate_limited"} 1.0' in service.http.get("/metrics").text


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("MARKET_DATA_MAX_CONNECTIONS", "too_many_connections"),
        ("MARKET_DATA_MAX_CONNECTIONS_PER_ADDRESS", "too_many_connections_from_address"),
    ],
)
def test_one_connection_too_many_is_told_so(
    redis_url: str, publisher: Publisher, setting: str, code: str
) -> None:
    assert publisher.sequence == 0
    with (
        run_market_data(redis_url, is_healthy=True, **{setting: "2"}) as service,
        service.read() as first,
        service.read(),
    ):
        with connect(service.url) as third:
            error = json.loads(third.recv(timeout=DEADLINE_SECONDS))
            assert error["code"] == code
            with pytest.raises(ConnectionClosed) as closed:
                third.recv(timeout=DEADLINE_SECONDS)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013
        assert first.ask("ping")["type"] == "pong"
        wait_until(lambda: service.get("/stats")["closed"].get(code) == 1, "the reader is closed")
        assert service.get("/stats")["refused"] == {code: 1}
        assert f'feed_refused_total{{code="{code}"}} 1.0' in service.http.get("/metrics").text


def test_one_subscription_too_many_changes_nothing(redis_url: str, publisher: Publisher) -> None:
    assert publisher.sequence == 0
    with run_market_data(redis_url, MARKET_DATA_MAX_SUBSCRIPTIONS="4") as service:
        with service.read(query="?channels=trades") as reader:
            reader.next()
            error = reader.ask("subscribe", channels=["bbo"], symbols=[BTC, "ETH-USDT"])
            assert (error["code"], error["id"]) == ("too_many_subscriptions", "subscribe")
            ack = reader.ask("subscribe", channels=["bbo"], symbols=[BTC])
            assert list(ack["subscriptions"]) == ["bbo", "trades"]
            assert resume(reader, update_id=0)["code"] == "too_many_subscriptions"
        with service.read(query="?channels=trades,bbo") as reader:
            assert reader.next()["code"] == "too_many_subscriptions"


def test_a_service_that_stops_says_so(service: MarketData) -> None:
    with service.read(query="?channels=") as reader:
        reader.next()
        service.process.terminate()
        with pytest.raises(ConnectionClosed) as closed:
            reader.next()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
        1012, "the service stops; come back",
    )  # fmt: skip


def test_health_is_red_while_something_published_does_not_come(
    service: MarketData, publisher: Publisher
) -> None:
    publisher.trade()
    wait_until(lambda: service.get("/health")["sequence"] == 1, "the first commit is in")
    publisher.commit({}, lost=PUBLIC)
    publisher.redis.hset("{order_queue}:state", "last:trade_events", publisher.sequence)
    wait_until(lambda: not service.is_healthy(), "the feed is out of sync")
    health = service.get("/health")
    assert (health["redis"], health["in_sync"]) == ("connected", False)
    assert health["lag_seconds"] >= 2
    publisher.trade()
    wait_until(service.is_healthy, "the feed is in sync")


def test_who_has_everything_sent_again_and_again_is_told_to_wait(
    service: MarketData, publisher: Publisher
) -> None:
    publisher.set_levels(trades=[("60000.00", "0.1")] * 6_000)
    wait_until(lambda: bool(service.get("/v1/trades/BTC-USDT").get("trades")), "a trade is there")
    kinds: dict[int, str] = {}
    with service.read(query="?channels=") as reader:
        for number in range(30):
            frame = {"action": "resume", "id": number, "symbols": {BTC: {"trade_id": 0}}}
            reader.connection.send(json.dumps(frame))
        trades = 0
        while len(kinds) < 30:
            message = reader.next()
            trades += message["type"] == "trade"
            if message["type"] in ("ack", "error"):
                kinds[message["id"]] = str(message.get("code", "ack"))
                assert message.get("retry_after", 1) >= 1
    assert list(kinds.values())[:10] == ["ack"] * 10
    assert list(kinds.values()).count("rate_limited") >= 15
    assert trades <= 15 * 5_000
    with service.read(query="?channels=") as reader:
        reader.next()
        assert resume(reader, trade_id=5_990)["type"] == "ack"
        assert read_trade_ids(reader, 6_000) == list(range(5_991, 6_001))


def test_a_trade_id_from_the_future_is_said_and_changes_nothing(
    service: MarketData, publisher: Publisher
) -> None:
    publish(publisher, 5)
    wait_for_update(service, 5)
    with service.read("trades") as reader:
        error = resume(reader, update_id=3, trade_id=9)
        assert (error["code"], error["id"]) == ("not_in_sync", "resume")
        assert error["message"].startswith("trade_id 9 of BTC-USDT is ahead of 5: ")
        publish(publisher, 1)
        assert reader.next()["type"] == "trade"
        ids = {BTC: {"trade_id": 9}}
        assert reader.ask("resume", symbols=ids, exchange_id="another")["type"] == "ack"
        assert read_trade_ids(reader, 6) == [1, 2, 3, 4, 5, 6]


def test_every_refusal_names_the_request(service: MarketData) -> None:
    with service.read(query="?channels=") as reader:
        reader.next()
        sent = FRAMES_AT_ONCE + MAX_REFUSED_FRAMES - 10
        send_pings(reader, sent)
        answers = [reader.next() for _ in range(sent)]
    assert [each["id"] for each in answers] == list(range(sent))
    assert any(each.get("code") == "rate_limited" for each in answers)


@pytest.mark.parametrize("flood", ["pings", "pongs", "fragments"])
def test_a_flood_of_frames_that_ask_nothing_ends_the_connection(
    service: MarketData, flood: str
) -> None:
    frames = {
        "pings": make_frame(9, b"x") * 3_000,
        "pongs": make_frame(10, b"") * 3_000,
        "fragments": make_frame(1, b"", fin=False) + make_frame(0, b"", fin=False) * 3_000,
    }
    with open_websocket(service.port, "/ws/market-data?channels=") as client:
        client.sendall(frames[flood])
        received = read_to_end(client)
    assert b"\x03\xf0rate_limited: more than 20 frames a second" in received[-120:]  # 1008
    assert received.count(b"\x8a\x01x") <= FRAMES_AT_ONCE + BYTES_AT_ONCE // 7
    wait_until(
        lambda: service.get("/stats")["closed"].get("rate_limited") == 1, "the client is closed"
    )
