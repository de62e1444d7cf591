"""An entry of the list as the commands read it, straight from its JSON if that is plain.

Compiled if there is a compiler (`entry.pxd` has the types).
"""

import cython

from protocol.assets import LedgerSettings
from protocol.commands import DEFAULT_ACCOUNT, QueueEntry
from protocol.enums import CancelScope, CommandType, OrderType, Reason, SelfTradePrevention, Side
from protocol.limits import TradingLimits

SIDES = {side.value: side for side in Side}
ORDER_TYPES = {kind.value: kind for kind in OrderType}
PREVENTIONS = {mode.value: mode for mode in SelfTradePrevention}
COMMANDS = {command.value: command for command in CommandType}
# looked up once: an enum class is slow to ask for its members
_NEW, _NONE, _ALL = CommandType.NEW, SelfTradePrevention.NONE, CancelScope.ALL


class Entry:
    """The fields of a QueueEntry, with its defaults; `protocol.commands` says what they are."""

    def __init__(self) -> None:
        self.symbol: str | None = None
        self.side: Side | None = None
        self.order_type: OrderType | None = None
        self.quantity: str | None = None
        self.price: str | None = None
        self.stop_price: str | None = None
        self.order_id: str | None = None
        self.client_order_id: str | None = None
        self.account = DEFAULT_ACCOUNT
        self.self_trade_prevention = _NONE
        self.command = _NEW
        self.received_at: str | None = None
        self.reply_to: str | None = None
        self.request_id: str | None = None
        self.reason: Reason | None = None
        self.detail: str | None = None
        self.seconds: int | None = None
        self.scope = _ALL
        self.limits: TradingLimits | None = None
        self.level: int | None = None
        self.elapsed: int | None = None
        self.ledger: LedgerSettings | None = None
        self.asset: str | None = None
        self.amount: str | None = None
        self.id: str | None = None
        self.maker: str | None = None
        self.taker: str | None = None

    def copy(self, entry: QueueEntry) -> None:
        """Take over all fields of a decoded entry."""
        self.symbol = entry.symbol
        self.side = entry.side
        self.order_type = entry.order_type
        self.quantity = entry.quantity
        self.price = entry.price
        self.stop_price = entry.stop_price
        self.order_id = entry.order_id
        self.client_order_id = entry.client_order_id
        self.account = entry.account
        self.self_trade_prevention = entry.self_trade_prevention
        self.command = entry.command
        self.received_at = entry.received_at
        self.reply_to = entry.reply_to
        self.request_id = entry.request_id
        self.reason = entry.reason
        self.detail = entry.detail
        self.seconds = entry.seconds
        self.scope = entry.scope
        self.limits = entry.limits
        self.level = entry.level
        self.elapsed = entry.elapsed
        self.ledger = entry.ledger
        self.asset = entry.asset
        self.amount = entry.amount
        self.id = entry.id
        self.maker = entry.maker
        self.taker = entry.taker

    def read(self, raw: bytes) -> bool:
        """Take over all fields of a plain entry: strings alone, no escapes, all of it ASCII.

        Return False for any other, which may still be a good one; some fields may then be set.
        """
        return read_plain(self, raw)


if not cython.compiled:

    def read_plain(_entry: Entry, _raw: bytes) -> bool:
        """Leave every entry to the decoder."""
        return False
