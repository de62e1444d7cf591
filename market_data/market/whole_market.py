"""The markets of several shards as one, for those who read; each is filled by a feed of its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Self, TypeAlias

from market_data.market.feed_status import FeedStatus
from market_data.market.market import Market, SymbolView
from protocol.exchange_clock import ExchangeTime
from protocol.instrument import Instrument, list_shards


class WholeMarket:
    """Every symbol of every shard; `parts` are the shards' markets, the first shard's first."""

    def __init__(self, parts: Sequence[Market]) -> None:
        self._parts = parts
        self._by_symbol = {symbol: part for part in parts for symbol in part.symbols}
        self.instruments = {
            symbol: each for part in parts for symbol, each in part.instruments.items()
        }
        self.symbols = list(self.instruments)

    def __getitem__(self, symbol: str) -> SymbolView:
        return self._by_symbol[symbol][symbol]

    @property
    def clock(self) -> ExchangeTime:
        """What the exchange's clock says."""
        return self._parts[0].clock

    @property
    def exchange_id(self) -> str | None:
        """The exchange whose ids these are: the first shard tells."""
        return self._parts[0].exchange_id

    @property
    def is_complete(self) -> bool:
        """Whether all are complete."""
        return all(part.is_complete for part in self._parts)

    @property
    def builds(self) -> int:
        """How often one of them was built from nothing."""
        return sum(part.builds for part in self._parts)

    @property
    def now(self) -> int:
        """The engines' time as far as it is known of each."""
        return min(part.now for part in self._parts)

    def is_known(self, symbol: str) -> bool:
        """Whether the symbol's shard is complete."""
        return self._by_symbol[symbol].is_complete

    def views(self) -> Iterator[tuple[str, SymbolView]]:
        """Return every symbol with what is known of it."""
        return (view for part in self._parts for view in part.views())


class WholeStatus:
    """Whether what is told of all shards is up to date; sequences are sums over the shards."""

    def __init__(self, parts: Mapping[int, FeedStatus]) -> None:
        self.parts = parts
        """By shard."""

    @property
    def is_in_sync(self) -> bool:
        """Whether all are."""
        return all(part.is_in_sync for part in self.parts.values())

    @property
    def is_connected(self) -> bool:
        """Whether all are."""
        return all(part.is_connected for part in self.parts.values())

    @property
    def sequence(self) -> int:
        """Of commits up to which nothing is missing."""
        return sum(part.sequence for part in self.parts.values())

    @property
    def engine_sequence(self) -> int:
        """Of the engines' commits."""
        return sum(part.engine_sequence for part in self.parts.values())

    @property
    def behind(self) -> int:
        """Sequences between the engines and what is known here."""
        return sum(part.behind for part in self.parts.values())

    @property
    def lag_seconds(self) -> float:
        """Of the shard with most of it."""
        return max(part.lag_seconds for part in self.parts.values())


class MarketParts(NamedTuple):
    """The market and the status of each shard."""

    shards: list[int]
    markets: list[Market]
    statuses: list[FeedStatus]

    @classmethod
    def of(cls, instruments: Mapping[str, Instrument]) -> Self:
        """Make them, empty, for the shards of the instruments."""
        shards = list_shards(instruments.values())
        markets = [
            Market({name: each for name, each in instruments.items() if each.shard == shard})
            for shard in shards
        ]
        return cls(shards, markets, [FeedStatus(market) for market in markets])

    def join(self) -> "tuple[AnyMarket, AnyStatus]":
        """Return those of all shards together; of one alone they are its own."""
        if len(self.shards) == 1:
            return self.markets[0], self.statuses[0]
        by_shard = dict(zip(self.shards, self.statuses, strict=True))
        return WholeMarket(self.markets), WholeStatus(by_shard)


AnyMarket: TypeAlias = Market | WholeMarket
AnyStatus: TypeAlias = FeedStatus | WholeStatus
