"""What a report is made of: the book at regular times, and the trades between."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from participants.formats.opening import Recording
from participants.formats.records import Executed, Matched, OrderRecord, Traded
from participants.replay.recorded_levels import RecordedLevels
from participants.replay.recorded_orders import Level, RecordedOrders
from participants.replay.replay import number_times
from protocol.instrument import Instrument
from protocol.timestamps import parse_timestamp

AskMarket: TypeAlias = Callable[[str], Mapping[str, Any]]
"""Asks the market data service: a path in, the answer out."""
DEPTH = 20
_PAGE = 1000
_SECOND = 1_000_000

Side: TypeAlias = list[tuple[float, float]]


class Sample(NamedTuple):
    """A book with both sides: levels as price and quantity, the best first."""

    bids: Side
    asks: Side

    @property
    def mid(self) -> float:
        """The price in the middle."""
        return (self.bids[0][0] + self.asks[0][0]) / 2


class Trade(NamedTuple):
    """What one taker traded at once."""

    seconds: float
    is_buy: bool
    quantity: float


@dataclass
class Observation:
    """Books at equal distances of `interval` seconds; those with a side empty are left out."""

    name: str
    interval: float = 1.0
    samples: list[Sample] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)

    def add_trade(self, trade: Trade, *, is_same_taker: bool) -> None:
        """Add a trade, to the one before if that was of the same taker."""
        if is_same_taker and self.trades:
            last = self.trades[-1]
            self.trades[-1] = last._replace(quantity=last.quantity + trade.quantity)
        else:
            self.trades.append(trade)


def take_sample(ask: AskMarket, symbol: str) -> Sample | None:
    """Return the exchange's book; None if a side is empty."""
    book = ask(f"/v1/orderbook/{symbol}?depth={DEPTH}")
    bids, asks = (
        [(float(price), float(quantity)) for price, quantity in book[side]]
        for side in ("bids", "asks")
    )
    return Sample(bids, asks) if bids and asks else None


def read_trades(ask: AskMarket, symbol: str, since: str, observation: Observation) -> None:
    """Add the exchange's trades from the time `since` on."""
    start = parse_timestamp(since)
    taker = None
    for trade in reversed(list(_list_trades(ask, symbol, since))):
        seconds = (parse_timestamp(trade["timestamp"]) - start) / _SECOND
        added = Trade(seconds, trade["aggressor_side"] == "buy", float(trade["quantity"]))
        observation.add_trade(added, is_same_taker=trade["taker_order_id"] == taker)
        taker = trade["taker_order_id"]


def _list_trades(ask: AskMarket, symbol: str, since: str) -> Iterator[Mapping[str, Any]]:
    before: int | None = None
    while True:
        more = f"&before={before}" if before else ""
        page = ask(f"/v1/trades/{symbol}?limit={_PAGE}{more}")
        for trade in page["trades"]:
            if trade["timestamp"] < since:
                return
            yield trade
        before = page["next_before"]
        if before is None:
            return


def observe_record(
    recording: Recording, instrument: Instrument, rate: float, interval: float = 1.0
) -> Observation:
    """Read a record; `rate` is that of commands a second where it has no times."""
    observation = Observation("record", interval)
    book = _OrderBook(observation) if recording.has_orders else _LevelBook(observation)
    unit = float(instrument.tick.text), float(instrument.lot.text)
    due = interval
    for seconds, record in number_times(recording.read(), rate):
        while seconds >= due:
            _add_sample(observation, book.sum_levels(), unit)
            due += interval
        book.follow(seconds, record.record)
    for place, trade in enumerate(observation.trades):
        observation.trades[place] = trade._replace(quantity=trade.quantity * unit[1])
    return observation


class _OrderBook:
    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._orders = RecordedOrders()
        self._last: tuple[str, float, bool] | None = None

    def sum_levels(self) -> Mapping[Level, int]:
        return self._orders.sum_levels()

    def follow(self, seconds: float, record: Any) -> None:
        if self._orders.find_fault(record) is not None:
            return
        trade = self._find_trade(record)
        if trade is not None:
            taker, is_buy, quantity = trade
            key = (taker, seconds, is_buy)
            added = Trade(seconds, is_buy, quantity)
            self._observation.add_trade(added, is_same_taker=key == self._last)
            self._last = key
        self._orders.apply(record)

    def _find_trade(self, record: OrderRecord) -> tuple[str, bool, int] | None:
        """Return taker, side and quantity; those of one time are of one taker if it has no name."""
        if isinstance(record, Matched):
            maker = self._orders.orders.get(record.maker)
            return (record.taker, not maker.is_buy, record.quantity) if maker else None
        if isinstance(record, Executed):
            return ("", not self._orders.orders[record.order_id].is_buy, record.quantity)
        return None


class _LevelBook:
    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._levels = RecordedLevels()

    def sum_levels(self) -> Mapping[Level, int]:
        self._levels.drop_crossing()
        return self._levels.list_levels()

    def follow(self, seconds: float, record: Any) -> None:
        if isinstance(record, Traded):
            trade = Trade(seconds, record.is_buyer_taker, record.quantity)
            self._observation.add_trade(trade, is_same_taker=False)
        else:
            self._levels.apply(record)


def _add_sample(
    observation: Observation, levels: Mapping[Level, int], unit: tuple[float, float]
) -> None:
    tick, lot = unit
    bids = sorted((price for is_bid, price in levels if is_bid), reverse=True)[:DEPTH]
    asks = sorted(price for is_bid, price in levels if not is_bid)[:DEPTH]
    if bids and asks and bids[0] < asks[0]:
        observation.samples.append(
            Sample(
                [(price * tick, levels[True, price] * lot) for price in bids],
                [(price * tick, levels[False, price] * lot) for price in asks],
            )
        )
