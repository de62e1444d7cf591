"""The short way to read an entry finds what the decoder finds, or leaves the entry to it."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.shared.order_entries import make_entries
from engine.exchange import entry as entry_module
from engine.exchange.entries import Malformed, Unreadable, decode_entry, read_entry
from engine.exchange.entry import Entry
from protocol.commands import QueueEntry
from protocol.enums import CommandType, OrderType, SelfTradePrevention, Side
from tests.support.faults_flow import draw_flow

IS_COMPILED = not str(entry_module.__file__).endswith(".py")
FIELDS = QueueEntry.__struct_fields__
WORDS = [*Side, *OrderType, *SelfTradePrevention, *CommandType, "", "sell ", "BUY"]
values = st.one_of(
    st.sampled_from(WORDS), st.text(max_size=20), st.text("0123456789.", max_size=20),
    st.none(), st.integers(-5, 5), st.lists(st.text(max_size=3), max_size=2),
)  # fmt: skip
objects = st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=8)), values)
plain_objects = st.dictionaries(st.sampled_from(FIELDS), st.text("abc019.:-_", max_size=20))


def read(raw: bytes, *, shortly: bool) -> Any:
    """All fields, or what was refused."""
    try:
        entry = read_entry(raw) if shortly else decode_entry(raw)
    except Malformed as malformed:
        return list_fields(malformed.entry), malformed.code, malformed.field, malformed.detail
    except Unreadable as unreadable:
        return str(unreadable)
    return list_fields(entry)


def list_fields(entry: Entry) -> list[Any]:
    return [getattr(entry, name) for name in FIELDS]


def assert_same(raw: bytes) -> None:
    assert read(raw, shortly=True) == read(raw, shortly=False)


@settings(deadline=None)
@given(st.one_of(objects, plain_objects), st.booleans())
def test_any_object_is_read_alike(fields: dict[str, Any], is_compact: bool) -> None:
    assert_same(json.dumps(fields, separators=(",", ":") if is_compact else None).encode())
    assert_same(json.dumps(fields, ensure_ascii=False).encode())


@settings(deadline=None)
@given(plain_objects, st.integers(0, 200), st.binary(max_size=2))
def test_any_damage_is_read_alike(fields: dict[str, str], place: int, change: bytes) -> None:
    raw = bytearray(json.dumps(fields, separators=(",", ":")).encode())
    place %= len(raw)
    raw[place : place + len(change)] = change
    assert_same(bytes(raw))
    assert_same(bytes(raw[:place]))


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"{}", b'{"', b'{"side"', b'{"side":', b'{"side":"', b'{"side":"buy"',
        b'{"side":"buy"}', b'{"side":"buy",', b'{"side":"buy",}', b'{"side":"buy"}}',
        b'{"side":"buy"} ', b' {"side":"buy"}', b'{"side" :"buy"}', b'{"side":"b\\u0075y"}',
        b'{"side":"buy","side":"sell"}', b'{"side":"odd","side":"sell"}', b'{"side":"buy"\x00}',
        b'{"price":"1\x00"}', b'{"account":"\x7f"}', b'{"account":"\xc3\xa9"}',
        b'{"account":"\xc3"}', b'{"account":""}', b'{"nothing":"x"}', b'"side":"buy"}',
    ],
)  # fmt: skip
def test_edge_of_the_grammar_is_read_alike(raw: bytes) -> None:
    assert_same(raw)


def test_flow_of_every_kind_of_command_is_read_alike() -> None:
    for raw in draw_flow(11, 2_000):
        assert_same(raw)


def test_what_a_gateway_pushes_is_read_alike_and_shortly() -> None:
    for raw in make_entries(500, b"k" * 32):
        assert_same(raw)
        assert Entry().read(raw) is IS_COMPILED


def test_fields_of_an_entry_are_those_of_the_contract() -> None:
    assert list_fields(Entry()) == [getattr(QueueEntry(), name) for name in FIELDS]
    full = QueueEntry(*map(str, range(len(FIELDS))))  # type: ignore[arg-type]
    entry = Entry()
    entry.copy(full)
    assert list_fields(entry) == list(msgspec.structs.astuple(full))
