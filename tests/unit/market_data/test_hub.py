from collections.abc import Callable

from market_data.fanout.hub import MAX_PENDING, Hub
from market_data.fanout.streams import BBO, BOOK, L2_UPDATES, TRADES, Stream
from market_data.fanout.subscriber import MAX_HELD_TRADES, Message, Subscriber
from market_data.stats import HubStats

TRADE = Stream(TRADES, "BTC-USDT")
BEST = Stream(BBO, "BTC-USDT")
LEVELS = Stream(L2_UPDATES, "BTC-USDT")
WHOLE = Stream(BOOK, "BTC-USDT")


class Desk:
    """A hub, and what its clients were written."""

    def __init__(self) -> None:
        self.turns: list[Callable[[], None]] = []
        self.stats = HubStats()
        self.hub = Hub(self.turns.append, lambda stream: b"<" + stream.channel.encode(), self.stats)
        self.closed: list[tuple[int, str]] = []

    def connect(self, *streams: Stream) -> tuple[Subscriber, list[bytes]]:
        written: list[bytes] = []
        subscriber = Subscriber(
            written.append,
            lambda code, reason: self.closed.append((code, reason)),
            lambda stream, cursor: b">%s from %d" % (stream.channel.encode(), cursor),
            self.stats,
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
    desk = Desk()
    _, written = desk.connect(TRADE, BEST)
    desk.publish(Message(TRADE, b"t1"), Message(LEVELS, b"l1"), Message(BEST, b"b1"))
    assert written == [b"t1b1"]
    assert desk.stats.deliveries == 2 + 2  # with the state at the start
    assert desk.stats.messages == 3


def test_clients_of_one_subscription_are_written_the_same_object() -> None:
    desk = Desk()
    _, first = desk.connect(TRADE)
    _, second = desk.connect(TRADE)
    desk.publish(Message(TRADE, b"t1"), Message(TRADE, b"t2"))
    assert first[0] is second[0]


def test_a_new_client_gets_the_state_of_its_streams_and_nothing_from_before() -> None:
    desk = Desk()
    written: list[bytes] = []
    desk.hub.publish(Message(BEST, b"old"))
    subscriber = Subscriber(written.append, lambda *_: None, lambda *_: None, desk.stats)
    desk.hub.add(subscriber, [BEST, LEVELS])
    desk.end_turn()
    assert written == [b"<bbo<l2_updates"]


def test_subscribe_gives_the_state_of_what_is_new_only() -> None:
    desk = Desk()
    subscriber, written = desk.connect(BEST)
    desk.hub.subscribe(subscriber, [BEST, LEVELS])
    assert written == [b"<l2_updates"]
    desk.publish(Message(LEVELS, b"l1"))
    assert written[1:] == [b"l1"]


def test_unsubscribe_ends_a_stream() -> None:
    desk = Desk()
    subscriber, written = desk.connect(BEST, TRADE)
    desk.hub.unsubscribe(subscriber, [BEST])
    desk.publish(Message(BEST, b"b1"), Message(TRADE, b"t1"))
    assert written == [b"t1"]
    assert not desk.hub.has_readers(BEST)


def test_a_client_that_is_behind_gets_all_trades_and_the_newest_of_the_rest() -> None:
    desk = Desk()
    subscriber, written = desk.connect(TRADE, BEST, LEVELS, WHOLE)
    subscriber.pause()
    desk.publish(Message(TRADE, b"t1"), Message(BEST, b"b1"), Message(WHOLE, b"d", 5))
    desk.publish(Message(TRADE, b"t2"), Message(BEST, b"b2"), Message(WHOLE, b"d", 8))
    assert written == []
    desk.hub.resume(subscriber)
    assert written == [b"t1t2>bbo from 0>book from 5"]
    assert desk.stats.conflated == 2
    desk.publish(Message(BEST, b"b3"))
    assert written[1:] == [b"b3"]


def test_what_a_client_has_left_is_not_held_for_it() -> None:
    desk = Desk()
    subscriber, written = desk.connect(TRADE, BEST)
    subscriber.pause()
    desk.publish(Message(TRADE, b"t1"), Message(BEST, b"b1"))
    desk.hub.unsubscribe(subscriber, [TRADE])
    desk.hub.resume(subscriber)
    assert written == [b">bbo from 0"]


def test_what_was_published_in_the_turn_of_the_resume_arrives_once() -> None:
    desk = Desk()
    subscriber, written = desk.connect(WHOLE)
    subscriber.pause()
    desk.hub.publish(Message(WHOLE, b"d5", 5))
    desk.hub.resume(subscriber)
    desk.end_turn()
    assert written == [b">book from 5"]


def test_a_rebuilt_book_makes_a_client_that_is_behind_start_anew() -> None:
    desk = Desk()
    subscriber, written = desk.connect(WHOLE)
    subscriber.pause()
    desk.publish(Message(WHOLE, b"d", 5), Message(WHOLE, b"snapshot", 0), Message(WHOLE, b"d", 9))
    desk.hub.resume(subscriber)
    assert written == [b">book from 0"]


def test_a_client_too_far_behind_in_trades_is_closed_with_1013_and_a_reason() -> None:
    desk = Desk()
    subscriber, written = desk.connect(TRADE)
    subscriber.pause()
    for _ in range(MAX_HELD_TRADES):
        desk.publish(Message(TRADE, b"t"))
    assert desk.closed == []
    desk.publish(Message(TRADE, b"t"))
    desk.publish(Message(TRADE, b"t"))
    assert desk.closed == [(1013, f"too slow: more than {MAX_HELD_TRADES} trades behind")]
    desk.hub.resume(subscriber)
    assert written == []


def test_a_flood_of_state_costs_a_client_that_is_behind_no_memory() -> None:
    desk = Desk()
    subscriber, written = desk.connect(BEST, LEVELS)
    subscriber.pause()
    for _ in range(10_000):
        desk.publish(Message(BEST, b"b"), Message(LEVELS, b"l"))
    assert desk.closed == []
    desk.hub.resume(subscriber)
    assert written == [b">bbo from 0>l2_updates from 0"]


def test_an_endless_turn_does_not_grow_what_is_pending() -> None:
    desk = Desk()
    _, written = desk.connect(TRADE)
    for _ in range(MAX_PENDING):
        desk.hub.publish(Message(TRADE, b"t"))
    assert written == [b"t" * MAX_PENDING]


def test_a_removed_client_gets_nothing_more_and_may_be_removed_twice() -> None:
    desk = Desk()
    subscriber, written = desk.connect(TRADE)
    desk.hub.remove(subscriber)
    desk.hub.remove(subscriber)
    desk.publish(Message(TRADE, b"t"))
    assert written == []
    assert desk.hub.clients == 0
