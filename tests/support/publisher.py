"""Play the engine to the feed: commit as the engine does, and lose messages on request."""

import os
from collections.abc import Collection, Iterable
from random import Random
from typing import Any

from msgspec import structs

from protocol.channels import (
    BBO_UPDATES,
    JOURNAL,
    ORDER_BOOK_UPDATES,
    STATE,
    STATE_CONFIRMED,
    STATE_ID_KEY,
    STATE_SEQUENCE,
    STATE_SNAPSHOTS,
    TRADE_EVENTS,
    last_sequence_field,
    snapshot_key,
)
from protocol.codec import decode_message, encode
from protocol.enums import Side
from protocol.events import Bbo, ChannelMessage, Event, L2Delta, Level, Trade
from protocol.journal import JournalEntry, entry_id
from protocol.snapshot import BookSnapshot, Snapshot, encode_snapshot
from protocol.timestamps import format_timestamp, now_in_microseconds
from tests.support.exchange import Exchange, Json
from tests.support.instruments import make_instruments
from tests.support.redis_client import open_redis, publish
from tests.support.shards import list_names

PUBLIC = (TRADE_EVENTS, ORDER_BOOK_UPDATES, BBO_UPDATES)


def begin_shards(url: str) -> None:
    """Begin an exchange, as the engine of each of its shards would."""
    for names in list_names(url):
        with open_redis(url, names) as client:
            client.hset(names.state, STATE_ID_KEY, os.urandom(32).hex())


class PublishedBook:
    """One symbol's book in the publisher's memory: price to quantity."""

    def __init__(self) -> None:
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.update_id = 0
        self.trade_id = 0
        self.last_price: str | None = None

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
        self.url = url
        self.redis = open_redis(url)
        self.books: dict[str, PublishedBook] = {}
        self.sequence = 0
        self.last = dict.fromkeys(PUBLIC, 0)
        self.snapshots: list[int] = []
        self._stamp = now_in_microseconds()
        begin_shards(url)

    def close(self) -> None:
        self.redis.close()

    def publish(self, channel: str, message: bytes) -> None:
        """Publish a message, whatever was committed."""
        publish(self.redis, self.url, channel, message)

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
        """Commit changed levels, with the BBO if it changed, and trades before them."""
        self._stamp = now_in_microseconds()
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

    def trade_at(self, price: str, quantity: str, timestamp: str) -> None:
        """Commit one trade with another stamp than now."""
        trade = structs.replace(self._trade("BTC-USDT", price, quantity), timestamp=timestamp)
        self.commit({TRADE_EVENTS: [trade]})

    def commit(
        self, events: dict[str, list[Event]], lost: Collection[str] = ()
    ) -> dict[str, bytes]:
        """Commit one command; return the messages by channel."""
        previous, self.sequence = self.sequence, self.sequence + 1
        messages = {
            channel: self._chain(channel, listed) for channel, listed in events.items() if listed
        }
        entry = JournalEntry(previous, self.sequence, self._stamp, b"[]", b"0" * 16, messages)
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
                    symbol, book.update_id, book.trade_id, book.last_price,
                    list(book.bids.items()), list(book.asks.items()),
                )
                for symbol, book in self.books.items()
            ],
            engine=b"",
        )  # fmt: skip
        raw = b"damaged" if is_damaged else encode_snapshot(snapshot)
        self.redis.rpush(snapshot_key(self.sequence), raw[:40], raw[40:])
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
        state[STATE_SEQUENCE] = state[STATE_CONFIRMED] = entry.sequence
        with self.redis.pipeline(transaction=True) as commit:
            commit.xadd(JOURNAL, dict(zip(fields[::2], fields[1::2], strict=True)), stream_id)
            commit.hset(STATE, mapping=state)
            for channel, message in entry.messages.items():
                if channel not in lost:
                    publish(commit, self.url, channel, message)
            commit.execute()

    def _trade(self, symbol: str, price: str, quantity: str) -> Trade:
        book = self.book(symbol)
        book.trade_id += 1
        book.last_price = price
        return Trade(symbol, book.trade_id, price, quantity, Side.BUY, "1", "2", self._now())

    def _delta(self, symbol: str, bids: list[Level], asks: list[Level]) -> L2Delta:
        book = self.book(symbol)
        first = book.update_id + 1
        book.update_id += len(bids) + len(asks)
        book.set_levels(book.bids, bids)
        book.set_levels(book.asks, asks)
        return L2Delta(symbol, first, book.update_id, bids, asks, self._now())

    def _bbo(self, symbol: str) -> Bbo:
        book = self.book(symbol)
        return Bbo(symbol, *book.best(), book.update_id, self._now())

    def _now(self) -> str:
        return format_timestamp(self._stamp)


class ExchangePublisher:
    """The real engine's handler, in memory, whose commits go to Redis.

    With `faults`, that share of the messages is lost, and as much is repeated, and as much comes
    late. `books` has the engine's book of BTC-USDT, bids and asks, at every update id that it told,
    `depth` levels of it (None: all).
    """

    def __init__(self, url: str, seed: int = 1, faults: float = 0.0) -> None:
        self._url = url
        self.redis = open_redis(url)
        self.exchange = Exchange()
        self.exchange.now = now_in_microseconds()
        self.last_trade_id = self.update_id = 0
        self.books: dict[int, tuple[list[Level], list[Level]]] = {0: ([], [])}
        self.depth: int | None = None
        self._instrument = make_instruments()[0]
        self._random = Random(seed)
        self._faults = faults
        self._late: list[tuple[str, bytes]] = []
        begin_shards(url)

    def close(self) -> None:
        self.redis.close()

    def send(self, *commands: Json | bytes) -> None:
        """Send `commands` as one commit."""
        batch = self.exchange.send(*commands)
        entry = batch.to_journal_entry()
        self.exchange.batches.clear()
        self._note(entry)
        fields = entry.to_fields()
        state: dict[Any, Any] = {
            last_sequence_field(channel): entry.sequence for channel in entry.messages
        }
        state[STATE_SEQUENCE] = state[STATE_CONFIRMED] = entry.sequence
        with self.redis.pipeline(transaction=True) as commit:
            values: dict[Any, Any] = dict(zip(fields[::2], fields[1::2], strict=True))
            commit.xadd(JOURNAL, values, entry_id(entry.sequence).decode())
            commit.hset(STATE, mapping=state)
            for channel in PUBLIC:
                if (message := entry.messages.get(channel)) is not None:
                    self._late += self._publish(commit, channel, message)
            if self._late and self._random.random() < self._faults:
                publish(commit, self._url, *self._late.pop(self._random.randrange(len(self._late))))
            commit.execute()

    def _note(self, entry: JournalEntry) -> None:
        """Note what readers must know after this commit, before anyone can have seen it."""
        for channel in (TRADE_EVENTS, ORDER_BOOK_UPDATES):
            message = entry.messages.get(channel)
            for event in decode_message(message).events if message else []:
                if isinstance(event, Trade) and event.symbol == "BTC-USDT":
                    self.last_trade_id = event.trade_id
                elif isinstance(event, L2Delta) and event.symbol == "BTC-USDT":
                    self.update_id = event.last_update_id
                    self.books[self.update_id] = self.read_book()

    def read_book(self) -> tuple[list[Level], list[Level]]:
        matcher = self.exchange.state.matcher
        bids, asks = matcher.l2(0) if self.depth is None else matcher.l2(0, self.depth)
        return self._to_levels(bids), self._to_levels(asks)

    def _to_levels(self, levels: Iterable[tuple[int, int]]) -> list[Level]:
        price, quantity = self._instrument.ticks_to_price, self._instrument.lots_to_quantity
        return [(price(ticks), quantity(lots)) for ticks, lots in levels]

    def _publish(self, commit: Any, channel: str, message: bytes) -> list[tuple[str, bytes]]:
        """Publish, or not; return what is to come late."""
        chance = self._random.random()
        if chance < 2 * self._faults:
            return [(channel, message)] if chance < self._faults else []
        publish(commit, self._url, channel, message)
        if chance > 1 - self._faults:
            publish(commit, self._url, channel, message)
        return []
