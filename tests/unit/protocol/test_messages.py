"""Shapes on the wire: what is written is what is read."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import codec
from protocol.channels import EVENT_CHANNELS
from protocol.commands import QueueEntry, derive_order_id, parse_order_id
from protocol.enums import OrderType, Reason, Side
from protocol.events import ChannelMessage, Trade
from protocol.exchange_id import derive_shard_key, make_id_key
from protocol.journal import JournalEntry, entry_id, parse_entry_id
from protocol.refusal import Refusal
from protocol.shards import MAX_SHARDS, find_shard
from protocol.timestamps import format_timestamp, parse_timestamp

TRADE = Trade(
    "BTC-USDT", 7, "60000.00", "0.50000", Side.BUY, "11", "12", "2026-01-31T12:00:00.000001Z"
)


def test_queue_entry_leaves_out_what_is_default() -> None:
    entry = QueueEntry("BTC-USDT", Side.BUY, OrderType.LIMIT, "1", "60000")
    assert codec.encode(entry) == (
        b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"60000"}'
    )
    assert codec.decode_entry(codec.encode(entry)) == entry


def test_channel_message_comes_back_with_its_types() -> None:
    message = ChannelMessage(3, 5, [TRADE])
    assert codec.decode_message(codec.encode(message)) == message
    assert b'"type":"trade"' in codec.encode(message)


def test_entries_survive_being_joined() -> None:
    entries = [b'{"a":1}', b'{"b":[2,3]}', b"{}"]
    assert codec.split_entries(codec.join_entries(entries)) == entries
    assert codec.split_entries(codec.join_entries([])) == []


def test_journal_entry_comes_back_from_its_fields() -> None:
    entry = JournalEntry(3, 5, 1_700_000, b"[{},{}]", b"0" * 16, {EVENT_CHANNELS[0]: b"{}"})
    fields = entry.to_fields()
    stored = dict(zip(fields[::2], fields[1::2], strict=True))
    assert JournalEntry.from_stream(entry_id(5), stored) == entry


@pytest.mark.parametrize("text", [b"5-1", b"5", b"x-0", b""])
def test_stream_id_of_another_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"not the id|invalid literal"):
        parse_entry_id(text)


@given(st.text(min_size=1), st.text(min_size=1))
def test_order_id_depends_on_key_and_pair_only(account: str, client_order_id: str) -> None:
    account = account.encode(errors="ignore").decode()
    client_order_id = client_order_id.encode(errors="ignore").decode()
    order_id = derive_order_id(b"key", account, client_order_id)
    assert order_id == derive_order_id(b"key", account, client_order_id)
    assert 0 < order_id < 2**53
    assert order_id != derive_order_id(b"another", account, client_order_id)


@given(st.text("abc", min_size=1), st.integers(1, MAX_SHARDS))
def test_order_id_tells_its_shard_if_the_exchange_began_with_several(name: str, shard: int) -> None:
    first = make_id_key("7", has_shards=True)
    key = first if shard == 1 else derive_shard_key(first, shard)
    order_id = derive_order_id(key, "alice", name)
    assert 0 < order_id < 2**53
    assert find_shard(order_id) == shard


@pytest.mark.parametrize(
    "text",
    [None, "", "0", "-1", "1.0", "9" * 17, "7".zfill(17), str(2**53), "\u0663", "1_0"],
)
def test_what_is_no_order_id_is_refused(text: str | None) -> None:
    with pytest.raises(Refusal) as caught:
        parse_order_id(text)
    assert caught.value.code is Reason.INVALID_ORDER_ID


@given(st.integers(0, 4_000_000_000_000_000))
def test_timestamps_come_back(microseconds: int) -> None:
    assert parse_timestamp(format_timestamp(microseconds)) == microseconds


def test_timestamp_has_microseconds_and_z() -> None:
    assert format_timestamp(1_769_860_800_000_001) == "2026-01-31T12:00:00.000001Z"


def test_a_number_where_a_decimal_string_belongs_is_named() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.price"):
        codec.decode_entry(b'{"price":60000}')
