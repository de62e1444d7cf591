import json
import random
from contextlib import ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed

from protocol.checksum import compute_checksum
from protocol.events import Level
from tests.support.market_data import Json, MarketData, Reader
from tests.support.publisher import PUBLIC, Publisher
from tests.support.waiting import wait_until

SYMBOLS = ["BTC-USDT", "ETH-USDT", "SOL-USDT"]


class ReadBook:
    """A book as a reader rebuilds it, verified message by message."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[str, str]] = {"bids": {}, "asks": {}}
        self.last_update_id = 0
        self.resets: list[str] = []

    def take(self, message: Json) -> None:
        if message["type"] == "book_snapshot":
            self.sides = {"bids": {}, "asks": {}}
            self.resets.append(message["reason"])
        else:
            assert message["first_update_id"] == self.last_update_id + 1
        for name, side in self.sides.items():
            side.update(message[name])
            self.sides[name] = {
                price: quantity for price, quantity in side.items() if float(quantity)
            }
        self.last_update_id = message["last_update_id"]
        assert message["checksum"] == compute_checksum(self.top("bids"), self.top("asks"))

    def top(self, name: str) -> list[Level]:
        levels = sorted(self.sides[name].items(), key=lambda level: float(level[0]))
        return (levels if name == "asks" else levels[::-1])[:10]


def test_the_first_message_names_subscriptions_and_symbols_then_comes_the_state(
    service: MarketData, publisher: Publisher
) -> None:
    publisher.set_levels(bids=[("60000.00", "1.00000")])
    wait_until(lambda: bool(service.get("/v1/orderbook/BTC-USDT")["bids"]), "the book has bids")
    with service.read() as reader:
        connected = reader.next()
        assert connected["type"] == "connected"
        assert connected["subscriptions"] == ["trades", "bbo", "l2_updates"]
        assert connected["symbols"] == SYMBOLS
        assert connected["protocol"] == 1
        assert connected["message"]
        state = [reader.next() for _ in range(6)]
    assert [(each["type"], each["data"]["symbol"]) for each in state] == [
        (kind, symbol) for kind in ("bbo", "l2_update") for symbol in SYMBOLS
    ]
    assert state[0]["data"]["bid"] == "60000.00"
    assert state[3]["data"]["bids"] == [["60000.00", "1.00000"]]


def test_l2_update_is_the_ten_best_levels(service: MarketData, publisher: Publisher) -> None:
    publisher.set_levels(asks=[(f"{60000 + step}.00", "1.00000") for step in range(15)])
    with service.read() as reader:
        while not (asks := reader.next_of("l2_update")["data"]["asks"]):
            pass
    assert [price for price, _ in asks] == [f"{60000 + step}.00" for step in range(10)]


def test_subscriptions_narrow_and_widen(service: MarketData, publisher: Publisher) -> None:
    with service.read() as reader:
        ack = reader.ask("unsubscribe", channels=["bbo", "l2_updates"])
        assert ack == {
            "type": "ack",
            "id": "unsubscribe",
            "action": "unsubscribe",
            "subscriptions": {"trades": SYMBOLS},
        }
        ack = reader.ask("unsubscribe", symbols=["ETH-USDT", "SOL-USDT"])
        assert ack["subscriptions"] == {"trades": ["BTC-USDT"]}
        publisher.trade(symbol="ETH-USDT")
        publisher.set_levels(bids=[("60000.00", "1.00000")])
        publisher.trade()
        assert reader.next()["data"]["symbol"] == "BTC-USDT"
        ack = reader.ask("subscribe", channels=["bbo"], symbols=["BTC-USDT"])
        assert ack["subscriptions"] == {"bbo": ["BTC-USDT"], "trades": ["BTC-USDT"]}
        assert reader.next()["data"]["bid"] == "60000.00"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "invalid_json"),
        ("[1]", "invalid_type"),
        (b"\x00\xff", "binary_frame"),
        ("x" * 100_000, "frame_too_large"),
        ('{"action":"dance","id":3}', "unknown_action"),
        ('{"action":"subscribe","channels":["level3"],"id":3}', "unknown_channel"),
        ('{"action":"subscribe","symbols":["DOGE-USDT"],"id":3}', "unknown_symbol"),
        ('{"action":"subscribe","channels":{},"id":3}', "invalid_type"),
    ],
)
def test_a_broken_frame_is_answered_and_the_connection_goes_on(
    shared_service: MarketData, shared_publisher: Publisher, frame: str | bytes, code: str
) -> None:
    with shared_service.read("trades") as reader:
        reader.connection.send(frame)
        error = reader.next()
        assert (error["type"], error["code"]) == ("error", code)
        assert error["id"] == (3 if "id" in str(frame) else None)
        assert error["message"]
        shared_publisher.trade()
        trade_id = shared_publisher.book("BTC-USDT").trade_id
        assert reader.next_of("trade")["data"]["trade_id"] == trade_id


def test_a_frame_beyond_all_measure_ends_only_its_own_connection(
    service: MarketData, publisher: Publisher
) -> None:
    with service.read("trades") as reader:
        with service.read() as giant:
            with suppress(ConnectionClosed):
                giant.connection.send("x" * 3_000_000)
            with pytest.raises(ConnectionClosed):
                read_until_closed(giant)
        publisher.trade()
        assert reader.next_of("trade")["data"]["trade_id"] == 1


def test_the_book_channel_rebuilds_the_book_exactly(
    service: MarketData, publisher: Publisher
) -> None:
    publisher.set_levels(bids=[("60000.00", "1.00000")], asks=[("60001.00", "2.00000")])
    book = ReadBook()
    with service.read("book") as reader:
        for step in range(300):
            price = f"{59990 - step % 17}.00"
            quantity = "0" if step % 5 == 4 else f"{step + 1}.00000"
            publisher.set_levels(bids=[(price, quantity)], asks=[(f"{60010 + step % 7}.00", "1.5")])
        while book.last_update_id < 602:
            if (message := reader.next())["type"].startswith("book_"):
                book.take(message)
    assert book.resets == ["subscribed"]
    assert book.sides == {
        "bids": publisher.book("BTC-USDT").bids,
        "asks": publisher.book("BTC-USDT").asks,
    }
    rest = service.get("/v1/orderbook/BTC-USDT?depth=10")
    assert rest["last_update_id"] == 602
    assert rest["bids"] == [list(level) for level in book.top("bids")]


def test_lost_repeated_and_late_messages_leave_readers_with_an_exact_book_and_all_trades(
    service: MarketData, publisher: Publisher
) -> None:
    rng = random.Random(20261122)
    book = ReadBook()
    ids: list[int] = []
    late: list[tuple[str, bytes]] = []
    with service.read("trades", "book") as reader:
        for step in range(2_000):
            lost = [channel for channel in PUBLIC if rng.random() < 0.05]
            messages = publisher.set_levels(
                bids=[(f"{59000 + rng.randrange(50)}.00", rng.choice(["0", f"{step + 1}.00000"]))],
                asks=[(f"{61000 + rng.randrange(50)}.00", rng.choice(["0", f"{step + 1}.00000"]))],
                trades=[("60000.00", "0.10000")] * rng.randrange(3),
                lost=lost,
            )
            late += [each for each in messages.items() if each[0] in lost or rng.random() < 0.02]
            if late and rng.random() < 0.05:
                publisher.publish(*late.pop(rng.randrange(len(late))))
        publisher.trade()
        last_trade_id = publisher.book("BTC-USDT").trade_id
        while book.last_update_id < 4_000 or len(ids) < last_trade_id:
            message = reader.next()
            if message["type"] == "trade":
                ids.append(message["data"]["trade_id"])
            elif message["type"].startswith("book_"):
                book.take(message)
    assert ids == list(range(1, last_trade_id + 1))
    assert book.resets == ["subscribed"]
    assert book.sides["bids"] == publisher.book("BTC-USDT").bids
    assert book.sides["asks"] == publisher.book("BTC-USDT").asks
    feed = service.get("/stats")["feed"]
    assert min(feed["gaps"], feed["duplicates"]) > 0
    assert feed["rebuilds"] == 0


def test_the_heartbeat_tells_where_every_symbol_stands(
    service: MarketData, publisher: Publisher
) -> None:
    with service.read("heartbeat") as reader:
        assert reader.next_of("heartbeat")["in_sync"] is True
        publisher.set_levels(bids=[("60000.00", "1.00000")], trades=[("60000.00", "1.00000")])
        while not (symbols := reader.next_of("heartbeat")["symbols"])["BTC-USDT"]["trade_id"]:
            pass
    assert list(symbols) == SYMBOLS
    assert symbols["BTC-USDT"] == {"update_id": 1, "trade_id": 1}
    assert symbols["ETH-USDT"] == {"update_id": 0, "trade_id": 0}


def test_five_thousand_trades_arrive_all_and_in_order(
    service: MarketData, publisher: Publisher
) -> None:
    """A feed that sleeps after each message would need most of a minute for these."""
    with service.read("trades") as reader:
        for _ in range(5_000):
            publisher.trade()
        ids = [reader.next_of("trade")["data"]["trade_id"] for _ in range(5_000)]
    assert ids == list(range(1, 5_001))


def test_client_that_does_not_read_stalls_nobody(service: MarketData, publisher: Publisher) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(service.open_deaf_socket())
        readers = [stack.enter_context(service.read("trades", "book")) for _ in range(5)]
        wait_until(lambda: service.get("/stats")["clients"] == 25, "all readers are counted")
        flood_until_closed(service, publisher, clients=20)
        expected = publisher.book("BTC-USDT").trade_id
        for reader in readers:
            assert read_all_trade_ids(reader, expected) == list(range(1, expected + 1))
        stats = service.get("/stats")
        assert stats["closed"] == {"too_slow": 20}
        assert stats["clients"] == 5


def test_a_slow_client_is_told_why_before_it_is_cut(
    service: MarketData, publisher: Publisher
) -> None:
    with service.open_deaf_socket() as slow:
        wait_until(lambda: service.get("/stats")["clients"] == 1, "the reader is counted")
        flood_until_closed(service, publisher, clients=1)
        received = bytearray()
        while chunk := slow.recv(1 << 16):
            received += chunk
    assert b"\x03\xf5too slow: " in received[-80:]  # 1013


@pytest.mark.parametrize(
    ("commits", "resets"), [(1_500, ["subscribed"]), (4_000, ["subscribed", "conflated"])]
)
def test_a_client_that_comes_back_has_an_exact_book_and_all_trades(
    service: MarketData, publisher: Publisher, commits: int, resets: list[str]
) -> None:
    book = ReadBook()
    ids: list[int] = []
    with service.read("trades", "book", max_queue=4) as reader:
        for step in range(1, commits + 1):
            publisher.set_levels(
                bids=[(f"{50000 + level}.00", f"{step}.00000") for level in range(200)],
                trades=[("60000.00", "0.10000")],
            )
        path = "/v1/orderbook/BTC-USDT?depth=1"
        wait_until(
            lambda: service.get(path).get("last_update_id") == 200 * commits,
            "all commits are in the book",
        )
        assert service.get("/stats")["conflated"] > 0
        while book.last_update_id < 200 * commits or len(ids) < commits:
            message = reader.next()
            if message["type"] == "trade":
                ids.append(message["data"]["trade_id"])
            elif message["type"].startswith("book_"):
                book.take(message)
    assert ids == list(range(1, commits + 1))
    assert book.resets == resets
    assert book.sides["bids"] == publisher.book("BTC-USDT").bids


def flood_until_closed(service: MarketData, publisher: Publisher, clients: int) -> None:
    """Trades, and levels with them, until so many clients have been closed."""
    # asked often: who is closed has only so long to read why
    for number in range(4000):
        for step in range(number % 20 * 10, number % 20 * 10 + 10):
            publisher.set_levels(
                bids=[(f"{50000 + step}.00", "1.00000")], trades=[("60000.00", "0.10000")] * 500
            )
        if sum(service.get("/stats")["closed"].values()) == clients:
            return
    raise AssertionError(json.dumps(service.get("/stats")))


def read_until_closed(reader: Reader) -> None:
    while True:
        reader.next()


def read_all_trade_ids(reader: Reader, count: int) -> list[int]:
    return [reader.next_of("trade")["data"]["trade_id"] for _ in range(count)]
