from market_data.fanout.hub_stats import HubStats
from market_data.fanout.messages import Message
from market_data.fanout.slow_reader import Backlog, Batch
from market_data.fanout.streams import BOOK, HEARTBEAT_STREAM, TRADES, Stream

TRADE = Stream(TRADES, "BTC-USDT")
WHOLE = Stream(BOOK, "BTC-USDT")


class Held:
    """A backlog, and the last trade that was published."""

    def __init__(self) -> None:
        self.backlog = Backlog(HubStats())
        self.trades = 0

    def add_trade(self) -> None:
        self.trades += 1
        self.backlog.add(Batch([Message(TRADE, b"trade %d" % self.trades)]))

    def add(self, *messages: Message) -> int:
        return self.backlog.add(Batch(messages))

    def take(self) -> bytes | None:
        page = self.backlog.take(self.render)
        return page and page.frames

    def render(self, stream: Stream, cursor: int) -> bytes:
        if stream == HEARTBEAT_STREAM:
            return b"heartbeat at %d" % self.trades
        return b"%s from %d" % (stream.channel.encode(), cursor)


def test_a_reader_that_is_always_a_trade_behind_gets_everything_else_too() -> None:
    held = Held()
    held.add(Message(HEARTBEAT_STREAM, b"h"), Message(WHOLE, b"d", 5))
    held.add_trade()
    taken = []
    for _ in range(5):
        taken.append(held.take())
        held.add_trade()
    assert taken[:3] == [b"trade 1", b"book from 5", b"heartbeat at 1"]
    assert taken[3:] == [b"trade 2", b"trade 3"]


def test_no_heartbeat_tells_of_a_trade_that_is_still_held() -> None:
    held = Held()
    held.add(Message(HEARTBEAT_STREAM, b"h"))
    held.add_trade()
    told = 0
    for _ in range(50):
        page = held.take() or b""
        if page.startswith(b"trade"):
            told = int(page.split()[-1])
        else:
            assert page == b"heartbeat at %d" % told
        held.add(Message(HEARTBEAT_STREAM, b"h"))
        held.add_trade()


def test_what_is_missed_of_a_due_stream_is_rendered_once_from_the_first_of_it() -> None:
    held = Held()
    held.add_trade()
    held.add(Message(WHOLE, b"d", 5))
    assert held.take() == b"trade 1"
    assert held.add(Message(WHOLE, b"snapshot", 0)) == 1
    assert [held.take(), held.take()] == [b"book from 0", None]


def test_what_is_forgotten_in_the_middle_of_a_round_is_gone() -> None:
    held = Held()
    held.add_trade()
    held.add_trade()
    held.add(Message(WHOLE, b"d", 5), Message(HEARTBEAT_STREAM, b"h"))
    held.take()
    held.add_trade()
    held.backlog.forget(frozenset({TRADE, WHOLE, HEARTBEAT_STREAM}))
    assert held.take() is None
    assert held.backlog.size == 0
