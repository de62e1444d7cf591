"""Plays the engine towards the feed: commits as the engine does, and loses messages on request."""

import os
from collections.abc import Collection, Iterable
from typing import Any

import redis

from protocol.channels import (
    BBO_UPDATES,
    JOURNAL,
    ORDER_BOOK_UPDATES,
    STATE,
    STATE_ID_KEY,
    STATE_SEQUENCE,
    STATE_SNAPSHOTS,
    TRADE_EVENTS,
    last_sequence_field,
    snapshot_key,
)
from protocol.codec import encode
from protocol.enums import Side
from protocol.events import Bbo, ChannelMessage, Event, L2Delta, Level, Trade
from protocol.journal import JournalEntry, entry_id
from protocol.snapshot import BookSnapshot, Snapshot, encode_snapshot
from protocol.timestamps import format_timestamp, now_in_microseconds

PUBLIC = (TRADE_EVENTS, ORDER_BOOK_UPDATES, BBO_UPDATES)


class PublishedBook:
    """One symbol's book in the publisher's memory: price to quantity."""

    def __init__(self) -> None:
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.update_id = 0
        self.trade_id = 0

    def set_levels(self, side: dict[str, str], levels: Iterable[Level]) -> None:
        for price, quantity in levels:
            if quantity == "0":
                side.pop(price, None)
            else:
                side[price] = quantity

    def best(self) -> tuple[str | None, str | None, str | None, str | None]:
        bid = max(self.bids, key=float, default=None)
        ask = min(self.asks, key=float, default=None)
        return bid, self.bids.get(bid or ""), ask, self.asks.get(ask or "")


class Publisher:
    """One exchange. `commit` journals and publishes; what is in `lost` is journaled only."""

    def __init__(self, url: str) -> None:
        self.redis = redis.Redis.from_url(url)
        self.books: dict[str, PublishedBook] = {}
        self.sequence = 0
        self.last = dict.fromkeys(PUBLIC, 0)
        self.snapshots: list[int] = []
        self.redis.hset(STATE, STATE_ID_KEY, os.urandom(32).hex())

    def close(self) -> None:
        self.redis.close()

    def book(self, symbol: str) -> PublishedBook:
        return self.books.setdefault(symbol, PublishedBook())

    def set_levels(
        self,
        symbol: str = "BTC-USDT",
        bids: list[Level] | None = None,
        asks: list[Level] | None = None,
        lost: Collection[str] = (),
        trades: list[tuple[str, str]] | None = None,
    ) -> dict[str, bytes]:
        """Commit changed levels, with the BBO where that changed, and trades before them."""
        events: dict[str, list[Event]] = {
            TRADE_EVENTS: [self._trade(symbol, *trade) for trade in trades or []],
            ORDER_BOOK_UPDATES: [],
            BBO_UPDATES: [],
        }
        if bids or asks:
            best = self.book(symbol).best()
            events[ORDER_BOOK_UPDATES].append(self._delta(symbol, bids or [], asks or []))
            if self.book(symbol).best() != best:
                events[BBO_UPDATES].append(self._bbo(symbol))
        return self.commit(events, lost)

    def trade(
        self,
        price: str = "60000.00",
        quantity: str = "0.10000",
        symbol: str = "BTC-USDT",
        lost: Collection[str] = (),
    ) -> dict[str, bytes]:
        """Commit one trade."""
        return self.set_levels(symbol, trades=[(price, quantity)], lost=lost)

    def commit(
        self, events: dict[str, list[Event]], lost: Collection[str] = ()
    ) -> dict[str, bytes]:
        """One commit of one command; the messages by channel."""
        previous, self.sequence = self.sequence, self.sequence + 1
        messages = {
            channel: self._chain(channel, listed) for channel, listed in events.items() if listed
        }
        entry = JournalEntry(
            previous, self.sequence, now_in_microseconds(), b"[]", b"0" * 16, messages
        )
        self._send(entry, lost)
        return messages

    def snapshot(self, *, is_damaged: bool = False) -> None:
        """Take a snapshot that counts, and trim the journal behind it."""
        snapshot = Snapshot(
            sequence=self.sequence,
            timestamp=now_in_microseconds(),
            last_published=dict(self.last),
            books=[
                BookSnapshot(
                    symbol, book.update_id, book.trade_id, None,
                    list(book.bids.items()), list(book.asks.items()),
                )
                for symbol, book in self.books.items()
            ],
            engine=b"",
        )  # fmt: skip
        raw = b"damaged" if is_damaged else encode_snapshot(snapshot)
        self.redis.set(snapshot_key(self.sequence), raw)
        self.snapshots.insert(0, self.sequence)
        self.redis.hset(STATE, STATE_SNAPSHOTS, ",".join(map(str, self.snapshots)))
        if not is_damaged:
            self.redis.xtrim(JOURNAL, minid=f"{self.sequence + 1}-0", approximate=False)

    def _chain(self, channel: str, events: list[Event]) -> bytes:
        message = ChannelMessage(self.last[channel], self.sequence, events)
        self.last[channel] = self.sequence
        return encode(message)

    def _send(self, entry: JournalEntry, lost: Collection[str]) -> None:
        fields = entry.to_fields()
        stream_id = entry_id(entry.sequence).decode()
        state: dict[Any, Any] = {
            last_sequence_field(channel): sequence for channel, sequence in self.last.items()
        }
        state[STATE_SEQUENCE] = entry.sequence
        with self.redis.pipeline(transaction=True) as commit:
            commit.xadd(JOURNAL, dict(zip(fields[::2], fields[1::2], strict=True)), stream_id)
            commit.hset(STATE, mapping=state)
            for channel, message in entry.messages.items():
                if channel not in lost:
                    commit.publish(channel, message)
            commit.execute()

    def _trade(self, symbol: str, price: str, quantity: str) -> Trade:
        book = self.book(symbol)
        book.trade_id += 1
        return Trade(symbol, book.trade_id, price, quantity, Side.BUY, "1", "2", _now())

    def _delta(self, symbol: str, bids: list[Level], asks: list[Level]) -> L2Delta:
        book = self.book(symbol)
        first = book.update_id + 1
        book.update_id += len(bids) + len(asks)
        book.set_levels(book.bids, bids)
        book.set_levels(book.asks, asks)
        return L2Delta(symbol, first, book.update_id, bids, asks, _now())

    def _bbo(self, symbol: str) -> Bbo:
        book = self.book(symbol)
        return Bbo(symbol, *book.best(), book.update_id, _now())


def _now() -> str:
    return format_timestamp(now_in_microseconds())
