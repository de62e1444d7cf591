from collections.abc import Callable

from market_data.fanout.hub import MAX_PENDING, Hub
from market_data.fanout.hub_stats import HubStats
from market_data.fanout.messages import Message
from market_data.fanout.slow_reader import MAX_HELD_BYTES, MAX_SECONDS_BEHIND
from market_data.fanout.streams import BBO, BOOK, L2_UPDATES, TRADES, Stream
from market_data.fanout.subscriber import Subscriber

TRADE = Stream(TRADES, "BTC-USDT")
BEST = Stream(BBO, "BTC-USDT")
LEVELS = Stream(L2_UPDATES, "BTC-USDT")
WHOLE = Stream(BOOK, "BTC-USDT")


class Fanout:
    """A hub, and what its clients were written."""

    def __init__(self, max_held_bytes: int = 1 << 40) -> None:
        self.turns: list[Callable[[], None]] = []
        self.stats = HubStats()
        self.hub = Hub(
            self.turns.append,
            lambda stream: b"<" + stream.channel.encode(),
            self.stats,
            max_held_bytes,
        )
        self.closed: list[tuple[int, str]] = []
        self.now = 0.0

    def connect(self, *streams: Stream) -> tuple[Subscriber, list[bytes]]:
        written: list[bytes] = []
        subscriber = Subscriber(
            written.append,
            lambda code, reason: self.closed.append((code, reason)),
            lambda stream, cursor: b">%s from %d" % (stream.channel.encode(), cursor),
            self.stats,
            lambda: self.now,
        )
        self.hub.add(subscriber, streams)
        written.clear()
        return subscriber, written

    def publish(self, *messages: Message) -> None:
        for message in messages:
            self.hub.publish(message)
        self.end_turn()

    def end_turn(self) -> None:
        turns, self.turns[:] = list(self.turns), []
        for turn in turns:
            turn()


def test_what_one_turn_published_reaches_a_client_as_one_write() -> None:
    fanout = Fanout()
    _, written = fanout.connect(TRADE, BEST)
    fanout.publish(Message(TRADE, b"t1"), Message(LEVELS, b"l1"), Message(BEST, b"b1"))
    assert written == [b"t1b1"]
    assert fanout.stats.deliveries == 2 + 2  # with the state at the start
    assert fanout.stats.messages == 3


def test_clients_of_one_subscription_are_written_the_same_object() -> None:
    fanout = Fanout()
    _, first = fanout.connect(TRADE)
    _, second = fanout.connect(TRADE)
    fanout.publish(Message(TRADE, b"t1"), Message(TRADE, b"t2"))
    assert first[0] is second[0]


def test_a_new_client_gets_the_state_of_its_streams_and_nothing_from_before() -> None:
    fanout = Fanout()
    written: list[bytes] = []
    fanout.hub.publish(Message(BEST, b"old"))
    subscriber = Subscriber(written.append, lambda *_: None, lambda *_: None, fanout.stats)
    fanout.hub.add(subscriber, [BEST, LEVELS])
    fanout.end_turn()
    assert written == [b"<bbo<l2_updates"]


def test_subscribe_gives_the_state_of_what_is_new_only() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(BEST)
    fanout.hub.subscribe(subscriber, [BEST, LEVELS])
    assert written == [b"<l2_updates"]
    fanout.publish(Message(LEVELS, b"l1"))
    assert written[1:] == [b"l1"]


def test_unsubscribe_ends_a_stream() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(BEST, TRADE)
    fanout.hub.unsubscribe(subscriber, [BEST])
    fanout.publish(Message(BEST, b"b1"), Message(TRADE, b"t1"))
    assert written == [b"t1"]
    assert not fanout.hub.has_readers(BEST)


def test_a_client_that_is_behind_gets_all_trades_and_the_newest_of_the_rest() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(TRADE, BEST, LEVELS, WHOLE)
    subscriber.pause()
    fanout.publish(Message(TRADE, b"t1"), Message(BEST, b"b1"), Message(WHOLE, b"d", 5))
    fanout.publish(Message(TRADE, b"t2"), Message(BEST, b"b2"), Message(WHOLE, b"d", 8))
    assert written == []
    fanout.hub.resume(subscriber)
    assert written == [b"t1", b"t2", b">bbo from 0", b">book from 5"]
    assert fanout.stats.conflated == 2
    fanout.publish(Message(BEST, b"b3"))
    assert written[4:] == [b"b3"]


def test_what_a_client_has_left_is_not_held_for_it() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(TRADE, BEST)
    subscriber.pause()
    fanout.publish(Message(TRADE, b"t1"), Message(BEST, b"b1"))
    fanout.hub.unsubscribe(subscriber, [TRADE])
    fanout.hub.resume(subscriber)
    assert written == [b">bbo from 0"]


def test_what_was_published_in_the_turn_of_the_resume_arrives_once() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(WHOLE)
    subscriber.pause()
    fanout.hub.publish(Message(WHOLE, b"d5", 5))
    fanout.hub.resume(subscriber)
    fanout.end_turn()
    assert written == [b">book from 5"]


def test_a_rebuilt_book_makes_a_client_that_is_behind_start_anew() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(WHOLE)
    subscriber.pause()
    fanout.publish(Message(WHOLE, b"d", 5), Message(WHOLE, b"snapshot", 0), Message(WHOLE, b"d", 9))
    fanout.hub.resume(subscriber)
    assert written == [b">book from 0"]


def test_a_client_takes_as_many_trades_as_one_commit_makes() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(TRADE)
    subscriber.pause()
    fanout.publish(*[Message(TRADE, b"t")] * 100_000)
    assert fanout.closed == []
    fanout.hub.resume(subscriber)
    assert b"".join(written) == b"t" * 100_000
    assert max(map(len, written)) <= MAX_PENDING


def test_what_was_held_is_written_as_far_as_the_client_reads() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(TRADE, BEST)
    subscriber.pause()
    fanout.publish(Message(TRADE, b"t1"), Message(BEST, b"b1"))
    fanout.publish(Message(TRADE, b"t2"))
    take = subscriber.write

    def write_and_fill(data: bytes) -> None:
        take(data)
        subscriber.pause()

    subscriber.write = write_and_fill
    fanout.hub.resume(subscriber)
    assert written == [b"t1"]
    fanout.publish(Message(TRADE, b"t3"))
    for _ in range(3):
        fanout.hub.resume(subscriber)
    assert written == [b"t1", b"t2", b">bbo from 0", b"t3"]
    assert not subscriber.is_ready


def test_clients_that_are_behind_hold_the_same_bytes() -> None:
    fanout = Fanout()
    readers = [fanout.connect(TRADE, BEST) for _ in range(2)]
    for subscriber, _ in readers:
        subscriber.pause()
    fanout.publish(Message(TRADE, b"t1"), Message(TRADE, b"t2"), Message(BEST, b"b1"))
    for subscriber, _ in readers:
        fanout.hub.resume(subscriber)
    [(_, first), (_, second)] = readers
    assert first[0] == b"t1t2"
    assert first[0] is second[0]


def test_a_client_that_does_not_take_what_was_sent_is_closed_with_1013_and_a_reason() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(TRADE)
    subscriber.pause()
    fanout.now = MAX_SECONDS_BEHIND
    fanout.publish(Message(TRADE, b"t"))
    assert fanout.closed == []
    fanout.now += 0.1
    fanout.publish(Message(TRADE, b"t"))
    fanout.publish(Message(TRADE, b"t"))
    assert fanout.closed == [(1013, "too slow: what was sent 20 seconds ago is unread")]
    fanout.hub.resume(subscriber)
    assert written == []


def test_a_client_that_takes_something_begins_anew_to_be_behind() -> None:
    fanout = Fanout()
    subscriber, _ = fanout.connect(TRADE)
    for _ in range(5):
        subscriber.pause()
        fanout.now += MAX_SECONDS_BEHIND
        fanout.publish(Message(TRADE, b"t"))
        fanout.hub.resume(subscriber)
    assert fanout.closed == []


def test_a_client_too_many_bytes_behind_is_closed_with_1013_and_a_reason() -> None:
    fanout = Fanout()
    subscriber, _ = fanout.connect(TRADE)
    subscriber.pause()
    frame = b"t" * (1 << 20)
    for _ in range((MAX_HELD_BYTES >> 20) - 1):
        fanout.publish(Message(TRADE, frame))
    assert fanout.closed == []
    fanout.publish(Message(TRADE, frame))
    assert fanout.closed == [(1013, "too slow: more than 32 MB behind")]


def test_what_is_held_for_several_clients_of_a_subscription_counts_once() -> None:
    fanout = Fanout()
    clients = [fanout.connect(TRADE)[0] for _ in range(3)]
    for client in clients:
        client.pause()
    fanout.publish(Message(TRADE, b"t" * 1000))
    held = fanout.stats.held_bytes
    assert 1000 < held == clients[0].held_bytes < 2000
    for client in clients[:2]:
        fanout.hub.resume(client)
    assert fanout.stats.held_bytes == held
    fanout.hub.remove(clients[2])
    assert fanout.stats.held_bytes == 0


def test_what_is_held_of_a_stream_that_was_left_counts_no_more() -> None:
    fanout = Fanout()
    other = Stream(TRADES, "ETH-USDT")
    client, written = fanout.connect(TRADE, other)
    client.pause()
    fanout.publish(Message(TRADE, b"t" * 1000), Message(other, b"other"), Message(TRADE, b"t"))
    fanout.publish(Message(TRADE, b"t" * 1000))
    fanout.hub.unsubscribe(client, [TRADE])
    assert 0 < fanout.stats.held_bytes == client.held_bytes < 1000
    fanout.hub.resume(client)
    assert written == [b"other"]
    assert fanout.stats.held_bytes == 0


def test_who_is_furthest_behind_is_closed_once_too_much_is_held_for_all() -> None:
    fanout = Fanout(2 << 20)
    first, _ = fanout.connect(TRADE)
    second, _ = fanout.connect(TRADE, BEST)
    first.pause()
    fanout.publish(Message(TRADE, b"t" * (900 << 10)))
    second.pause()
    fanout.publish(Message(TRADE, b"t" * (300 << 10)))
    assert fanout.closed == []
    fanout.publish(Message(TRADE, b"t" * (300 << 10)))
    reason = "too slow: 2 MB wait for all clients, most of it for this one"
    assert fanout.closed == [(1013, reason)]
    assert not first.is_open
    assert second.is_open
    assert fanout.stats.held_bytes == second.held_bytes < 2 << 20


def test_a_flood_of_state_costs_a_client_that_is_behind_no_memory() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(BEST, LEVELS)
    subscriber.pause()
    for _ in range(10_000):
        fanout.publish(Message(BEST, b"b"), Message(LEVELS, b"l"))
    assert fanout.closed == []
    fanout.hub.resume(subscriber)
    assert written == [b">bbo from 0", b">l2_updates from 0"]


def test_an_endless_turn_does_not_grow_what_is_pending() -> None:
    fanout = Fanout()
    _, written = fanout.connect(TRADE)
    for _ in range(MAX_PENDING):
        fanout.hub.publish(Message(TRADE, b"t"))
    assert written == [b"t" * MAX_PENDING]


def test_a_removed_client_gets_nothing_more_and_may_be_removed_twice() -> None:
    fanout = Fanout()
    subscriber, written = fanout.connect(TRADE)
    fanout.hub.remove(subscriber)
    fanout.hub.remove(subscriber)
    fanout.publish(Message(TRADE, b"t"))
    assert written == []
    assert fanout.hub.clients == 0


def test_what_the_transport_holds_of_a_client_that_is_behind_counts_too() -> None:
    fanout = Fanout(1 << 20)
    first, _ = fanout.connect(TRADE)
    second, _ = fanout.connect(TRADE)
    first.pause(600 << 10)
    second.pause(100 << 10)
    assert (fanout.stats.held_bytes, first.held_bytes) == (700 << 10, 600 << 10)
    fanout.hub.resume(second)
    assert fanout.stats.held_bytes == 600 << 10
    second.pause(500 << 10)
    fanout.publish(Message(TRADE, b"t"))
    assert not first.is_open
    assert second.is_open
    fanout.hub.remove(second)
    assert fanout.stats.held_bytes == 0
