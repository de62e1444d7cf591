from market_data.following.chain import Chain, Link
from market_data.following.engine_state import PUBLIC_CHANNELS, EngineState
from protocol.applied import MESSAGES_REMEMBERED
from protocol.channels import BBO_UPDATES, TRADE_EVENTS
from protocol.enums import Side
from protocol.events import ChannelMessage, Trade
from protocol.journal import MAX_VALUE_BYTES


def state(sequence: int, trades: int = 0, id_key: bytes | None = b"k") -> EngineState:
    last = dict.fromkeys(PUBLIC_CHANNELS, 0) | {TRADE_EVENTS: trades}
    return EngineState(sequence, id_key, last, [])


def test_each_channel_has_a_chain_of_its_own() -> None:
    chain = Chain()
    chain.advance(TRADE_EVENTS, 5, b"five")
    assert chain.judge(TRADE_EVENTS, ChannelMessage(5, 9, []), b"") is Link.NEXT
    assert chain.judge(TRADE_EVENTS, ChannelMessage(0, 5, []), b"five") is Link.DUPLICATE
    assert chain.judge(TRADE_EVENTS, ChannelMessage(2, 3, []), b"") is Link.CONTRADICTION
    assert chain.judge(TRADE_EVENTS, ChannelMessage(0, 3, []), b"") is Link.FIRST
    assert chain.judge(TRADE_EVENTS, ChannelMessage(7, 9, []), b"") is Link.GAP
    assert chain.judge(BBO_UPDATES, ChannelMessage(0, 9, []), b"") is Link.NEXT


def test_a_tail_is_lost_when_what_was_published_is_still_not_here_at_the_next_check() -> None:
    chain = Chain()
    assert not chain.has_lost_tail(state(4, trades=4))
    assert chain.has_lost_tail(state(4, trades=4))
    chain.advance(TRADE_EVENTS, 4, b"four")
    assert not chain.has_lost_tail(state(9, trades=9))


def test_another_exchange_or_an_engine_behind_us_is_not_a_continuation() -> None:
    chain = Chain()
    assert chain.is_of(state(4, trades=4, id_key=None))
    assert chain.is_of(state(4, trades=4))
    chain.advance(TRADE_EVENTS, 4, b"four")
    chain.note_complete(state(4, trades=4))
    assert chain.is_of(state(4, trades=4))
    assert not chain.is_of(state(3, trades=4))
    assert not chain.is_of(state(4, trades=3))
    assert not chain.is_of(state(9, trades=9, id_key=b"other"))
    assert not chain.is_of(state(9, trades=9, id_key=None))


def test_behind_counts_only_while_something_is_missing() -> None:
    chain = Chain()
    chain.advance(TRADE_EVENTS, 4, b"four")
    assert chain.count_behind(state(100, trades=4)) == 0
    assert chain.count_behind(state(100, trades=90)) == 96


def test_another_message_in_the_place_of_an_applied_one_contradicts_it() -> None:
    chain = Chain()
    event = Trade("BTC-USDT", 1, "1", "1", Side.BUY, "1", "2", "")
    for sequence in (5, 9):
        chain.advance(TRADE_EVENTS, sequence, b"%d" % sequence)

    def judge(previous: int, sequence: int, data: bytes) -> Link:
        return chain.judge(TRADE_EVENTS, ChannelMessage(previous, sequence, [event]), data)

    assert judge(5, 9, b"9") is Link.DUPLICATE
    assert judge(5, 9, b"another") is Link.CONTRADICTION
    assert judge(5, 7, b"7") is Link.CONTRADICTION
    for sequence in range(10, 10 + MESSAGES_REMEMBERED):
        chain.advance(TRADE_EVENTS, sequence, b"")
    assert judge(5, 9, b"too long ago") is Link.DUPLICATE
    assert judge(9, 10, b"another") is Link.CONTRADICTION


def test_a_notice_of_a_long_message_contradicts_a_short_one_in_its_place() -> None:
    chain = Chain()
    chain.advance(TRADE_EVENTS, 5, b"five")
    chain.advance(TRADE_EVENTS, 6, bytes(MAX_VALUE_BYTES + 1))
    assert chain.judge(TRADE_EVENTS, ChannelMessage(5, 5, []), b"notice") is Link.CONTRADICTION
    assert chain.judge(TRADE_EVENTS, ChannelMessage(6, 6, []), b"notice") is Link.DUPLICATE
