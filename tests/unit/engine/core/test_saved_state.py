"""Saving and loading, and the bytes that are refused."""

from copy import deepcopy
from itertools import islice
from struct import pack_into
from zlib import crc32

import pytest

from engine.core import Matcher, OrderType, Side
from engine.core.saved import BOOK_RECORD, HEADER, ORDER_RECORD
from tests.support.core_flow import FLOWS, Flow

RESTING = HEADER.size + 2 * BOOK_RECORD.size
"""Where the first order record begins."""


@pytest.fixture
def saved(matcher: Matcher) -> bytearray:
    """A bid, an ask and a waiting order."""
    matcher.new(0, 1, 1, Side.BUY, OrderType.LIMIT, 5, 100)
    matcher.new(0, 2, 1, Side.SELL, OrderType.LIMIT, 5, 200)
    matcher.new(1, 3, 2, Side.SELL, OrderType.STOP_LIMIT, 5, 90, 80)
    return bytearray(matcher.save())


def sealed(data: bytearray) -> bytes:
    """The bytes with a checksum that fits them."""
    return bytes(data[:-4]) + crc32(data[:-4]).to_bytes(4, "little")


def test_an_empty_matcher_saves_and_loads(core: type[Matcher]) -> None:
    for symbols in (0, 1, 100):
        loaded = core.load(core(symbols).save())
        assert loaded.symbols == symbols
        assert loaded.state_hash() == 0


def test_a_loaded_matcher_is_equal_and_goes_on_alike(core: type[Matcher]) -> None:
    matcher = core(2)
    steps = iter(Flow(11, FLOWS["sparse"]))
    for step in islice(steps, 3_000):
        step.run(matcher)
    loaded = core.load(matcher.save())
    assert loaded.save() == matcher.save()
    assert [loaded.orders(0), loaded.orders(1)] == [matcher.orders(0), matcher.orders(1)]
    for step in islice(steps, 3_000):
        assert step.run(loaded) == step.run(matcher)
    assert loaded.state_hash() == matcher.state_hash()


def test_a_copy_is_equal_and_separate(matcher: Matcher) -> None:
    matcher.new(0, 1, 1, Side.BUY, OrderType.LIMIT, 5, 100)
    twin = deepcopy(matcher)
    assert twin.save() == matcher.save()
    twin.cancel(1, 1)
    assert (twin.open_orders(), matcher.open_orders()) == (0, 1)


def test_every_damaged_byte_is_noticed(core: type[Matcher], saved: bytearray) -> None:
    for place in range(len(saved)):
        damaged = bytearray(saved)
        damaged[place] ^= 0x10
        with pytest.raises(ValueError, match="saved matcher"):
            core.load(bytes(damaged))


@pytest.mark.parametrize("length", [0, 1, 40, -1])
def test_bytes_cut_short_are_refused(core: type[Matcher], saved: bytearray, length: int) -> None:
    with pytest.raises(ValueError, match=r"cut short|wrong length"):
        core.load(bytes(saved[:length]))


@pytest.mark.parametrize(
    ("place", "form", "value"),
    [
        (0, "<q", 0),  # order_id
        (0, "<q", 2),  # the same id twice
        (8, "<q", -1),  # account
        (16, "<q", 0),  # price
        (16, "<q", 300),  # a crossed book
        (24, "<q", 50),  # a stop price that its type does not have
        (32, "<q", 0),  # remaining
        (32, "<q", 6),  # another remaining than the hash says
        (40, "<q", -1),  # filled
        (48, "<Q", 2**60),  # arrival
        (56, "<I", 7),  # symbol
        (60, "<B", 2),  # side
        (61, "<B", 1),  # an ioc that rests
        (61, "<B", 200),  # order type
        (62, "<B", 9),  # self-trade prevention
        (63, "<B", 1),  # a limit order that waits
    ],
)
def test_an_order_that_cannot_be_is_refused(
    core: type[Matcher], saved: bytearray, place: int, form: str, value: int
) -> None:
    pack_into(form, saved, RESTING + place, value)
    with pytest.raises(ValueError, match="saved matcher"):
        core.load(sealed(saved))


@pytest.mark.parametrize(
    ("order_type", "stop_price"), [(OrderType.LIMIT, 0), (OrderType.STOP_LIMIT, 300)]
)
def test_orders_of_one_queue_that_changed_places_are_refused(
    core: type[Matcher], matcher: Matcher, order_type: OrderType, stop_price: int
) -> None:
    for order_id in (1, 2, 3):
        matcher.new(0, order_id, 1, Side.BUY, order_type, 5, 100, stop_price)
    saved = bytearray(matcher.save())
    first, second, third = (RESTING + place * ORDER_RECORD.size for place in range(3))
    swapped = saved[:first] + saved[second:third] + saved[first:second] + saved[third:]
    with pytest.raises(ValueError, match="an order that cannot be"):
        core.load(sealed(swapped))
    assert core.load(sealed(saved)).orders(0) == matcher.orders(0)


def test_a_triggered_market_order_cannot_rest(core: type[Matcher], saved: bytearray) -> None:
    waiting = RESTING + 2 * ORDER_RECORD.size
    pack_into("<q", saved, waiting + 16, 0)
    pack_into("<B", saved, waiting + 61, OrderType.STOP_LOSS)
    pack_into("<B", saved, waiting + 63, 0)
    with pytest.raises(ValueError, match="an order that cannot be"):
        core.load(sealed(saved))


def test_a_count_beyond_every_limit_is_refused(core: type[Matcher]) -> None:
    header = HEADER.pack(b"GQCORE01", 70_000, 0, 0, 0) + bytes(70_000 * BOOK_RECORD.size)
    with pytest.raises(ValueError, match="larger than"):
        core.load(header + crc32(header).to_bytes(4, "little"))


def test_the_hash_tells_priority_apart(core: type[Matcher]) -> None:
    first, second = core(), core()
    for matcher, ids in ((first, (1, 2)), (second, (2, 1))):
        for order_id in ids:
            matcher.new(0, order_id, 1, Side.BUY, OrderType.LIMIT, 5, 100)
    assert first.l2(0) == second.l2(0)
    assert first.state_hash() != second.state_hash()
