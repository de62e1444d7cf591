"""Brings transfers to the lists of the shards that they go to, until they have received them.

Only what is committed here is pushed there. Whatever happens to either engine, or to what was
pushed, it is pushed again: the receiver takes each number once.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

import msgspec
from redis import Redis, RedisError

from engine.exchange.exchange import Exchange
from engine.exchange.own_entries import make_close, make_receipt
from engine.exchange.transfers import Sent, Transfer
from engine.storage.order_queue import OrderQueue
from engine.storage.writes import write_anyway
from protocol import channels, codec
from protocol.shards import FIRST, ShardNames, name_shard

MOST_ON_WAY = 500
"""So many transfers wait in the list of one shard at most; the others follow when these are
received."""
PATIENCE_SECONDS = 2.0
"""How long what was pushed is waited for before it is pushed again: the list may have been wiped,
or its engine may be down."""
MOST_PATIENCE_SECONDS = 128.0
"""How long it is waited for at most, so that the list of a dead engine does not fill up."""

_SHOW = (Path(__file__).parent / "show_field.lua").read_text()
_decoder = msgspec.json.Decoder(dict[int, int])


class Attempt:
    """How far something was pushed, and since when there is no progress."""

    def __init__(self) -> None:
        self.last = 0
        self._done = -1
        self._since = 0.0
        self._patience = PATIENCE_SECONDS

    def begin(self, done: int) -> int:
        """Return the number after which to push, if all up to `done` has had its effect.

        What was pushed and has had none is pushed again, each time after twice as long.
        """
        now = time.monotonic()
        if done != self._done or self.last <= done:
            self._done, self._since, self._patience = done, now, PATIENCE_SECONDS
        elif now > self._since + self._patience:
            self._since, self._patience = now, min(2 * self._patience, MOST_PATIENCE_SECONDS)
            self.last = done
        self.last = max(self.last, done)
        return self.last


class TransferPost:
    """What one engine sends to other shards, and shows that it has received.

    Nothing of its own commits may be on its way when it is asked. `reach` returns a client of
    another shard's Redis, if that may be another than `client`'s: what cannot be reached there
    waits for its next turn.
    """

    def __init__(
        self,
        client: Redis,
        names: ShardNames = FIRST,
        reach: Callable[[ShardNames], Redis] | None = None,
    ) -> None:
        self._reach = reach or (lambda _: client)
        self._may_wait: tuple[type[RedisError], ...] = (RedisError,) if reach else ()
        self._names = names
        self._show = client.register_script(_SHOW)
        self.begin()

    def begin(self) -> None:
        """Forget what was shown and pushed: another engine may have changed it."""
        self._shown: dict[int, int] | None = None
        self._pushing: dict[int, Attempt] = {}
        """By shard: the receipts in its list."""
        self._closing: dict[int, Attempt] = {}
        """By shard: the `close_transfers` in the own list."""

    def advance(self, exchange: Exchange, queue: OrderQueue, owner: bytes) -> None:
        """Show what was received, push what is on its way, and close what has come there."""
        self._show_received(exchange.transfers.received, owner)
        for shard, on_way in exchange.transfers.on_way.items():
            try:
                received = self._read_received(shard)
            except self._may_wait:
                continue
            if received >= next(iter(on_way)):
                self._close(shard, min(received, exchange.transfers.sent[shard]), queue)
            with suppress(*self._may_wait):
                self._push(exchange, shard, on_way, received)

    def _show_received(self, received: dict[int, int], owner: bytes) -> None:
        if received == (self._shown or {}):
            return
        shown = codec.encode(received)
        self._show(
            keys=[self._names.state],
            args=[channels.STATE_OWNER, owner, channels.STATE_TRANSFERS, shown],
        )
        self._shown = dict(received)

    def _read_received(self, shard: int) -> int:
        """Read the number of the last transfer from here that another shard has received."""
        names = name_shard(shard)
        stored = self._reach(names).hget(names.state, channels.STATE_TRANSFERS)
        raw = cast(bytes | None, stored)
        return 0 if raw is None else _decoder.decode(raw).get(self._names.shard, 0)

    def _close(self, shard: int, number: int, queue: OrderQueue) -> None:
        closing = self._closing.setdefault(shard, Attempt())
        if number > closing.begin(number - 1):
            queue.put_last(make_close(shard, number))
            closing.last = number

    def _push(
        self, exchange: Exchange, shard: int, on_way: dict[int, Transfer], received: int
    ) -> None:
        pushing = self._pushing.setdefault(shard, Attempt())
        last = pushing.begin(received)
        numbers = [number for number in on_way if last < number <= received + MOST_ON_WAY]
        if numbers:
            sent = [Sent(on_way[number], shard, number) for number in numbers]
            entries = [self._make_entry(exchange, each) for each in sent]
            names = name_shard(shard)
            write_anyway(self._reach(names), "RPUSH", names.order_queue, *entries)
            pushing.last = numbers[-1]

    def _make_entry(self, exchange: Exchange, sent: Sent) -> bytes:
        asset = exchange.ledger.find_asset(sent.transfer.asset)
        return make_receipt(sent, asset.to_text(sent.transfer.units), self._names.shard)
