"""Watch the public feed: when each trade and best price arrived, and what is missing."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from benchmark.shared.stream_watch import StreamWatch

_TRADE, _BBO = b'{"type":"trade"', b'{"type":"bbo"'


class SeenTrade(NamedTuple):
    """A trade with the moment of its arrival and the engine's stamp."""

    symbol: str
    trade_id: int
    maker: str
    taker: str
    arrived: float
    stamp: str


class SeenBbo(NamedTuple):
    """A best bid and offer with the moment of its arrival and the engine's stamp."""

    symbol: str
    arrived: float
    stamp: str


class _Trade(msgspec.Struct):
    symbol: str
    trade_id: int
    maker_order_id: str
    taker_order_id: str
    timestamp: str


class _Bbo(msgspec.Struct):
    symbol: str
    timestamp: str | None


class _TradeMessage(msgspec.Struct):
    data: _Trade


class _BboMessage(msgspec.Struct):
    data: _Bbo


_decode_trade = msgspec.json.Decoder(_TradeMessage).decode
_decode_bbo = msgspec.json.Decoder(_BboMessage).decode


class FeedWatch(StreamWatch):
    """Keeps what arrives about `symbols`."""

    def __init__(self, url: str, symbols: str | Sequence[str]) -> None:
        super().__init__(url, {})
        self._symbols = {symbols} if isinstance(symbols, str) else set(symbols)
        self.arrivals: dict[str, float] = {}
        """Order id → when its first trade arrived (time.perf_counter)."""
        self.trades: list[SeenTrade] = []
        self.bbos: list[SeenBbo] = []

    @property
    def takers(self) -> list[str]:
        """Order ids of the takers, in the order of their trades."""
        return [trade.taker for trade in self.trades]

    @property
    def trade_ids(self) -> list[int]:
        """Trade ids in the order in which they arrived."""
        return [trade.trade_id for trade in self.trades]

    @property
    def missing_trades(self) -> int:
        """Trade ids that never came, between a symbol's first and last."""
        return sum(max(ids) - min(ids) + 1 - len(set(ids)) for ids in self._group_ids())

    @property
    def repeated_trades(self) -> int:
        """Trade ids that came more than once."""
        return sum(len(ids) - len(set(ids)) for ids in self._group_ids())

    def _group_ids(self) -> list[list[int]]:
        groups: dict[str, list[int]] = {}
        for trade in self.trades:
            groups.setdefault(trade.symbol, []).append(trade.trade_id)
        return list(groups.values())

    def _receive(self, text: bytes, now: float) -> None:
        if text.startswith(_TRADE):
            trade = _decode_trade(text).data
            if trade.symbol in self._symbols:
                self._keep(trade, now)
        elif text.startswith(_BBO):
            bbo = _decode_bbo(text).data
            if bbo.symbol in self._symbols and bbo.timestamp is not None:
                self.bbos.append(SeenBbo(bbo.symbol, now, bbo.timestamp))
        else:
            self._begun.set()

    def _keep(self, trade: _Trade, now: float) -> None:
        maker, taker = trade.maker_order_id, trade.taker_order_id
        self.trades.append(
            SeenTrade(trade.symbol, trade.trade_id, maker, taker, now, trade.timestamp)
        )
        self.arrivals.setdefault(maker, now)
        self.arrivals.setdefault(taker, now)
