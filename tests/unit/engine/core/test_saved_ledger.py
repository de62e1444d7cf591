"""Saving and loading a matcher with a ledger, and the bytes that are refused."""

import tracemalloc
from itertools import islice
from struct import pack_into
from zlib import crc32

import pytest

from engine.core import MAX_PRICE, MAX_QUANTITY, Matcher, OrderType, Side, Terms
from engine.core.saved import (
    BOOK_RECORD,
    FEES_RECORD,
    HEADER,
    LEDGER_HEADER,
    LEDGER_MAGIC,
    ORDER_RECORD,
    TERMS_RECORD,
)
from tests.support.core_flow import FLOWS, Flow

ORDERS = 2
LEDGER = HEADER.size + 2 * BOOK_RECORD.size + ORDERS * ORDER_RECORD.size
"""Where the ledger's header begins."""
TERMS = LEDGER + LEDGER_HEADER.size
FEES = TERMS + 2 * TERMS_RECORD.size
FREE = FEES + 2 * FEES_RECORD.size


@pytest.fixture
def ledger(matcher: Matcher) -> Matcher:
    """Two symbols with terms, a bid and an ask, own fees of both accounts."""
    matcher.open_ledger(3, is_checked=True)
    for _ in range(2):
        account = matcher.open_account()
        for asset in range(3):
            matcher.credit(account, asset, 10_000)
    matcher.set_terms(0, Terms(0, 2, 10, 7, 1, 2))
    matcher.set_terms(1, Terms(1, 2, 3, 4))
    matcher.set_fees(2, 1, 5, 6)
    matcher.set_fees(1, -1, 3, 4)
    matcher.new(0, 1, 1, Side.BUY, OrderType.LIMIT, 5, 100)
    matcher.new(0, 2, 2, Side.SELL, OrderType.LIMIT, 5, 200)
    return matcher


@pytest.fixture
def saved(ledger: Matcher) -> bytearray:
    return bytearray(ledger.save())


def sealed(data: bytearray) -> bytes:
    """The bytes with a checksum that fits them."""
    return bytes(data[:-4]) + crc32(data[:-4]).to_bytes(4, "little")


def test_a_loaded_ledger_is_equal_and_goes_on_alike(core: type[Matcher]) -> None:
    matcher = core(2)
    matcher.open_ledger(3, is_checked=True)
    for _ in range(3):
        account = matcher.open_account()
        for asset in range(3):
            matcher.credit(account, asset, 10**5)
    matcher.set_terms(0, Terms(0, 2, 10, 7, 10**5, 10**6))
    matcher.set_fees(1, 0, 10**7, 10**7)
    steps = iter(Flow(11, FLOWS["narrow"]))
    for step in islice(steps, 3_000):
        step.run(matcher)
    loaded = core.load(matcher.save())
    assert loaded.state_hash() == matcher.state_hash()
    assert loaded.save() == matcher.save()
    assert loaded.take_changed() == []
    matcher.take_changed()
    for step in islice(steps, 3_000):
        assert step.run(loaded) == step.run(matcher)
    assert loaded.save() == matcher.save()
    assert loaded.take_changed() == matcher.take_changed()


def test_terms_fees_and_locked_amounts_come_back(core: type[Matcher], saved: bytearray) -> None:
    loaded = core.load(bytes(saved))
    assert (loaded.assets, loaded.accounts) == (3, 3)
    assert loaded.terms(0) == Terms(0, 2, 10, 7, 1, 2)
    assert loaded.balance(1, 2) == (10_000 - 3_500, 3_500)
    assert loaded.balance(2, 0) == (10_000 - 50, 50)
    assert not loaded.credit(1, 2, -6_501)  # funds are checked still
    assert loaded.save() == saved


def test_a_matcher_without_a_ledger_is_saved_as_before_there_were_any(matcher: Matcher) -> None:
    matcher.new(0, 1, 1, Side.BUY, OrderType.LIMIT, 5, 100)
    expected = (
        "4751434f524530310200000001000000010000000000000026a51057f7c89f66"  # header
        "000000000000000000000000000000000100000000000000"  # last price, trade_id, update_id
        "000000000000000000000000000000000000000000000000"
        "0100000000000000010000000000000064000000000000000000000000000000"  # the order
        "0500000000000000000000000000000001000000000000000000000000000000"
        "70c45566"
    )
    assert matcher.save().hex() == expected


def test_a_matcher_with_a_ledger_has_bytes_of_another_version(saved: bytearray) -> None:
    assert saved[:8] == LEDGER_MAGIC == b"GQCORE02"


def test_every_damaged_byte_is_noticed(core: type[Matcher], saved: bytearray) -> None:
    for place in range(len(saved)):
        damaged = bytearray(saved)
        damaged[place] ^= 0x10
        with pytest.raises(ValueError, match=r"saved matcher|saved ledger"):
            core.load(bytes(damaged))


@pytest.mark.parametrize("length", [LEDGER, LEDGER + 3, TERMS, FEES, FREE, -1])
def test_bytes_cut_short_are_refused(core: type[Matcher], saved: bytearray, length: int) -> None:
    with pytest.raises(ValueError, match=r"cut short|wrong length"):
        core.load(sealed(saved[:length] + bytes(4)))


@pytest.mark.parametrize(
    ("place", "form", "value"),
    [
        (LEDGER, "<I", 0),  # assets
        (LEDGER, "<I", 2**32 - 1),
        (LEDGER + 4, "<I", 0),  # accounts
        (LEDGER + 4, "<I", 10**9),
        (LEDGER + 8, "<I", 10**9),  # own fees
        (LEDGER + 12, "<I", 2),  # whether funds are checked
        (TERMS, "<q", -1),  # lot_units
        (TERMS + 8, "<q", 0),  # step_units
        (TERMS + 16, "<I", 3),  # base
        (TERMS + 16, "<I", 2),  # the same asset twice
        (TERMS + 20, "<I", 2**32 - 1),  # quote
        (TERMS + 24, "<I", 10**8 + 1),  # maker_fee
        (TERMS + 28, "<I", 10**8 + 1),  # taker_fee
        (TERMS + 8, "<q", 2**62),  # an order about more than one amount can be
        (TERMS + 8, "<q", 8),  # another hold than the hash says
        (FEES, "<q", 3),  # account
        (FEES, "<q", -1),
        (FEES + 8, "<i", 2),  # symbol
        (FEES + 8, "<i", -2),
        (FEES + 12, "<I", 10**8 + 1),  # maker_fee
        (FEES + 16, "<I", 7),  # another rate than the hash says
        (FREE, "<q", 1),  # another balance than the hash says
        (FREE + 8, "<q", -1),  # a balance below zero
        (HEADER.size + 2 * BOOK_RECORD.size + 8, "<q", 3),  # an order of no account
        (HEADER.size + 2 * BOOK_RECORD.size + 8, "<q", 0),  # an order of the fees
    ],
)
def test_a_ledger_that_cannot_be_is_refused(
    core: type[Matcher], saved: bytearray, place: int, form: str, value: int
) -> None:
    pack_into(form, saved, place, value)
    with pytest.raises(ValueError, match=r"saved matcher|saved ledger"):
        core.load(sealed(saved))


@pytest.mark.parametrize("counts", [(10**9, 10**9, 10**9, 1), (2**16, 2**24, 0, 1)])
def test_a_ledger_of_a_billion_nonsense_records_is_refused_without_room_for_them(
    core: type[Matcher], counts: tuple[int, int, int, int]
) -> None:
    header = HEADER.pack(LEDGER_MAGIC, 0, 0, 0, 0) + LEDGER_HEADER.pack(*counts) + bytes(4)
    tracemalloc.start()
    with pytest.raises(ValueError, match="wrong length"):
        core.load(sealed(bytearray(header)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_negative_balance_is_loaded_if_funds_are_not_checked(core: type[Matcher]) -> None:
    matcher = core(1)
    matcher.open_ledger(1, is_checked=False)
    matcher.credit(0, 0, -5)
    assert core.load(matcher.save()).balance(0, 0) == (-5, 0)


def test_orders_from_before_the_ledger_are_loaded_whoever_has_them(core: type[Matcher]) -> None:
    matcher = core(1)
    for number, account in enumerate((0, 7, 2**60), 1):
        matcher.new(0, number, account, Side.BUY, OrderType.LIMIT, 5, 100)
    matcher.open_ledger(2, is_checked=False)
    loaded = core.load(matcher.save())
    assert loaded.orders(0) == matcher.orders(0)
    assert loaded.save() == matcher.save()


def test_an_order_of_any_size_is_loaded_if_no_ledger_counts_it(core: type[Matcher]) -> None:
    matcher = core(1)
    matcher.new(0, 1, 1, Side.SELL, OrderType.LIMIT, MAX_QUANTITY, MAX_PRICE)
    assert core.load(matcher.save()).orders(0) == matcher.orders(0)
    matcher.open_ledger(2, is_checked=True)
    assert core.load(matcher.save()).orders(0) == matcher.orders(0)
