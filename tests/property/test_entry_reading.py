"""The short way does with an entry what the decoder's way does, or leaves the entry to that."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core import IMPLEMENTATION
from protocol.commands import QueueEntry
from protocol.enums import CommandType, OrderType, SelfTradePrevention, Side
from tests.support.both_ways import BothWays

pytestmark = pytest.mark.skipif(IMPLEMENTATION != "cython", reason="there is no short way")

FIELDS = QueueEntry.__struct_fields__
WORDS = [*Side, *OrderType, *SelfTradePrevention, "new", "cancel", "amend", "", "sell ", "BUY"]
values = st.one_of(
    st.sampled_from(WORDS), st.text(max_size=20), st.text("0123456789.", max_size=20),
    st.none(), st.integers(-5, 5), st.lists(st.text(max_size=3), max_size=2),
)  # fmt: skip
objects = st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=8)), values)
amounts = st.one_of(st.sampled_from(["1", "0.5", "7.00", "60000.25"]), st.text("019.", max_size=18))
plain_objects = st.fixed_dictionaries(
    {},
    optional={
        "command": st.sampled_from(["new", "cancel", "amend"]),
        "symbol": st.sampled_from(["BTC-USDT", "ETH-USDT", "X"]),
        "side": st.sampled_from(Side),
        "order_type": st.sampled_from(OrderType),
        "quantity": amounts,
        "price": amounts,
        "stop_price": amounts,
        "order_id": st.sampled_from(["1", "2", "03", "9007199254740991", "9007199254740992", "x"]),
        "client_order_id": st.text("abc019.:-_ ", max_size=3),
        "account": st.sampled_from(["alice", "bob", "fees", ""]),
        "self_trade_prevention": st.sampled_from(SelfTradePrevention),
        "time_in_force": st.sampled_from(["gtc", "ioc"]),
        "unique": st.just("open"),
    },
)


@pytest.fixture(scope="module")
def both() -> BothWays:
    return BothWays(has_ledger=True)


def test_there_are_commands_of_the_names_that_are_drawn() -> None:
    assert {"new", "cancel", "amend"} < set(CommandType)


@settings(deadline=None)
@given(st.one_of(objects, plain_objects), st.booleans())
def test_any_object_is_taken_alike(
    both: BothWays, fields: dict[str, Any], is_compact: bool
) -> None:
    both.send(json.dumps(fields, separators=(",", ":") if is_compact else None).encode())
    both.send(json.dumps(fields, ensure_ascii=False).encode())


@settings(deadline=None)
@given(plain_objects, st.integers(0, 200), st.binary(max_size=2))
def test_any_damage_is_taken_alike(
    both: BothWays, fields: dict[str, str], place: int, change: bytes
) -> None:
    raw = bytearray(json.dumps(fields, separators=(",", ":")).encode())
    place %= len(raw)
    raw[place : place + len(change)] = change
    both.send(bytes(raw), bytes(raw[:place]))


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"{}", b'{"', b'{"side"', b'{"side":', b'{"side":"', b'{"side":"buy"',
        b'{"side":"buy"}', b'{"side":"buy",', b'{"side":"buy",}', b'{"side":"buy"}}',
        b'{"side":"buy"} ', b' {"side":"buy"}', b'{"side" :"buy"}', b'{"side":"b\\u0075y"}',
        b'{"side":"buy","side":"sell"}', b'{"side":"odd","side":"sell"}', b'{"side":"buy"\x00}',
        b'{"price":"1\x00"}', b'{"account":"\x7f"}', b'{"account":"\xc3\xa9"}',
        b'{"account":"\xc3"}', b'{"account":""}', b'{"nothing":"x"}', b'"side":"buy"}',
        b'{"command":"cancel","order_id":"' + b"1" * 600 + b'"}',
    ],
)  # fmt: skip
def test_edge_of_the_grammar_is_taken_alike(both: BothWays, raw: bytes) -> None:
    both.send(raw)


def test_order_of_a_name_that_was_given_twice_is_the_last_ones(both: BothWays) -> None:
    order = b'{"symbol":"BTC-USDT","side":"buy","side":"sell","order_type":"limit","quantity":"1",'
    both.send(order + b'"price":"1","price":"70000.00","client_order_id":"twice"}')
    assert both.short.book()[1][-1] == ("70000.00", "1.00000")
