"""The engine's own part of a snapshot."""

from collections.abc import Sequence

import msgspec

from engine.exchange.ledger import StoredLedger
from engine.exchange.levels import Level
from engine.exchange.orders import Fingerprint, Order
from engine.exchange.timers import StoredTimer
from protocol.enums import OrderType, Reason, Side, Status
from protocol.instrument import Instrument
from protocol.limits import TradingLimits


class StoredOrder(msgspec.Struct, array_like=True, gc=False):
    """An order as a snapshot keeps it.

    `symbol` is the instrument's index; `notional` is text, because it may be too large for
    MessagePack; `body` is the fingerprint.
    """

    order_id: int
    client_order_id: str
    account: str
    symbol: int
    side: Side
    order_type: OrderType
    quantity: int
    price: int
    stop_price: int
    remaining: int
    triggered: bool | None
    filled: int
    notional: str
    status: Status
    reason: Reason | None
    body: Fingerprint

    @classmethod
    def of(cls, order: Order) -> "StoredOrder":
        """Make the stored form of `order`."""
        return cls(
            order.order_id,
            order.client_order_id,
            order.account,
            order.instrument.index,
            order.side,
            order.order_type,
            order.quantity,
            order.price,
            order.stop_price,
            order.remaining,
            order.triggered,
            order.filled,
            str(order.notional),
            order.status,
            order.reason,
            order.fingerprint,
        )

    def restore(self, instruments: Sequence[Instrument]) -> Order:
        """Make the order again."""
        order = Order(
            self.order_id,
            self.client_order_id,
            self.account,
            instruments[self.symbol],
            self.side,
            self.order_type,
            self.quantity,
            self.price,
            self.stop_price,
            self.body[-1],
            self.triggered,
        )
        order.restore(
            self.body, self.remaining, self.filled, int(self.notional), self.status, self.reason
        )
        return order


class StoredFirst(msgspec.Struct, array_like=True, gc=False):
    """The core's saved bytes, and what the exchange knows beside them at the first level.

    Closed orders come oldest first; `halted` are instruments' indices, `timers` deadlines in
    microseconds by account, with the scope if it is not `all`.
    """

    core: bytes
    open: list[StoredOrder]
    closed: list[StoredOrder]
    accounts: list[str]
    entries_to_clear: int
    limits: TradingLimits = TradingLimits()
    halted: list[int] = []
    timers: dict[str, StoredTimer] = {}


class StoredEngine(StoredFirst, array_like=True, gc=False):
    """What later levels store behind it; each adds its fields at the end, with defaults."""

    level: int = Level.FIRST
    elapsed: int = 0
    ledger: StoredLedger | None = None


_decoder = msgspec.msgpack.Decoder(StoredEngine)
_encoder = msgspec.msgpack.Encoder()


def encode_engine(engine: StoredEngine) -> bytes:
    """Encode the engine's part of a snapshot; at the first level as it always was."""
    if engine.level > Level.FIRST:
        return _encoder.encode(engine)
    first = StoredFirst.__struct_fields__
    return _encoder.encode(StoredFirst(*(getattr(engine, name) for name in first)))


def decode_engine(raw: bytes) -> StoredEngine:
    """Decode the engine's part of a snapshot; raise ValueError if it is damaged."""
    try:
        return _decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise ValueError(f"damaged snapshot: {error}") from error
