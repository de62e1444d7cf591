"""An exchange in memory: a handler that is fed by hand and read back as plain values."""

import json
from collections.abc import Sequence
from typing import Any

from engine.exchange.batch import Batch
from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.levels import NEWEST, Level
from engine.exchange.own_entries import make_configuration
from engine.order_path.handler import Handler
from protocol import channels, codec
from protocol.assets import LedgerSettings
from protocol.events import Event
from protocol.instrument import Instrument
from protocol.limits import TradingLimits
from tests.support.instruments import make_instruments

ID_KEY = b"k" * 32
Json = dict[str, Any]


class Exchange:
    """Takes commands as dicts or bytes; each `send` is one commit."""

    def __init__(
        self,
        instruments: Sequence[Instrument] | None = None,
        closed_limit: int = 1000,
        level: Level = NEWEST,
        ledger: LedgerSettings | None = None,
        shard: int = 1,
    ) -> None:
        self.state = EngineExchange(
            instruments or make_instruments(), ID_KEY, closed_limit, level, shard=shard
        )
        self.level = level
        """At which it began."""
        self.handler = Handler(self.state)
        self.now = 1_700_000_000_000_000
        self.batches: list[Batch] = []
        if ledger is not None:
            self.send(make_configuration(TradingLimits(), ledger))

    def send(self, *entries: Json | bytes, poisonous: frozenset[bytes] = frozenset()) -> Batch:
        """Handle `entries` as one batch."""
        self.now += 1
        raw = [
            entry if isinstance(entry, bytes) else json.dumps(entry).encode() for entry in entries
        ]
        batch = self.handler.handle(raw, self.now, self._measure(), poisonous)
        self.batches.append(batch)
        return batch

    @property
    def elapsed(self) -> int:
        """What the timers' deadlines are measured by, now."""
        return self.state.read_timer_clock() + self._measure()

    def _measure(self) -> int:
        """The time since the last commit, of whichever exchange it was."""
        return self.now - (self.state.timestamp or self.now)

    def order(self, side: str, quantity: str, price: str | None = None, **more: Any) -> list[Json]:
        """Send an order for BTC-USDT, limit if it has a price, else market; return its reports."""
        entry: Json = {"symbol": "BTC-USDT", "side": side, "quantity": quantity}
        entry |= {"order_type": "limit" if price else "market"}
        entry |= {"price": price} if price else {}
        return read_events(self.send(entry | more), channels.EXECUTION_REPORTS)

    def book(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return bids and asks of BTC-USDT, best first."""
        instrument = make_instruments()[0]
        bids, asks = self.state.matcher.l2(0)
        return (
            [(instrument.ticks_to_price(p), instrument.lots_to_quantity(q)) for p, q in bids],
            [(instrument.ticks_to_price(p), instrument.lots_to_quantity(q)) for p, q in asks],
        )


def read_events(batch: Batch, channel: str) -> list[Json]:
    """Return the events that `batch` publishes on `channel`, as JSON values."""
    message = batch.to_journal_entry().messages.get(channel)
    events: list[Json] = json.loads(message)["events"] if message else []
    return events


def decode_events(batch: Batch, channel: str) -> list[Event]:
    """Return the events that `batch` publishes on `channel`, in the protocol's types."""
    message = batch.messages.get(channel)
    return list(codec.decode_message(message).events) if message else []


def read_replies(batch: Batch, worker: str) -> list[Json]:
    """Return the replies that `batch` has for `worker`."""
    message = batch.to_replies().get(channels.reply_channel(worker))
    replies: list[Json] = json.loads(message)["replies"] if message else []
    return replies
