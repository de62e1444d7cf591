"""Trades as clients get them, each encoded once for live readers and for those that resume."""

import msgspec

from archive.records import TradeRecord
from market_data.fanout.messages import Envelope, encode_frame
from market_data.market.market import TRADES_KEPT
from protocol.events import Trade


class TradeRenderer:
    """Keeps the frames of as many trades of each symbol as the market remembers.

    A trade's id gives its slot; a newer trade replaces what is there.
    """

    def __init__(self) -> None:
        self._frames: dict[str, list[tuple[Trade, bytes] | None]] = {}

    def render(self, trade: Trade) -> bytes:
        """Return message `trade`, and keep it."""
        frames = self._frames.setdefault(trade.symbol, [None] * TRADES_KEPT)
        slot = trade.trade_id % TRADES_KEPT
        kept = frames[slot]
        if kept is not None and kept[0] is trade:  # the same id may be another exchange's
            return kept[1]
        frame = encode_trade(trade)
        frames[slot] = trade, frame
        return frame


def encode_trade(trade: Trade | TradeRecord) -> bytes:
    """Return message `trade`."""
    return encode_frame(Envelope("trade", msgspec.structs.asdict(trade)))
