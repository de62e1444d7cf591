"""Make the flow of a market, whichever kind it is of."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Protocol

from participants.asking import Ask, Send
from participants.flow import Flow
from participants.formats.opening import open_recording
from participants.formats.records import Grid, Notices
from participants.markets import AnyMarket, Market
from participants.models.model_flow import ModelFlow
from participants.models.own_book import Scale
from participants.reference import follow_trades
from participants.replay.replay import RATE, number_times, read_instrument
from protocol.instrument import Instrument

_BASIS_POINTS = 10_000
_HUNDREDTH = Decimal("0.01")


class Source(Protocol):
    """What acts in an exchange, step by step.

    One with `uses_ask_alone = True` reaches it by the exchange that plays it, and by nothing else:
    then moves of the clock, and orders that are sent, wait for the next question.
    """

    def step(self) -> None:
        """Do what is due in a step."""


class FlowSource(Source, Protocol):
    """A market without end."""

    def stop(self) -> None:
        """Take everything out of the book."""


def make_flow(
    ask: Ask,
    market: AnyMarket,
    seed: int,
    symbol: str = "BTC-USDT",
    path: Sequence[Path] = (),
    run: str = "flow",
    send: Send | None = None,
) -> FlowSource:
    """Return a flow that has not acted yet; the same seed makes the same orders.

    Names of orders begin with the `run`: no two flows may have the same in one exchange. A
    population's reference price follows the trades or candles of `path`, second by second. Raises
    ValueError if these cannot be read or have no trade, or if the market has no reference price.
    """
    instrument = read_instrument(ask, symbol)
    if isinstance(market, Market):
        prices = _read_path(path, instrument) if path else None
        return Flow(ask, market, instrument, seed, run, prices, send)
    if path:
        raise ValueError("a recorded path is for a population: a model has no reference price")
    start = int(market.start_price / Decimal(instrument.tick.text))
    scale = Scale(
        max(1, round(start * market.price_step / _BASIS_POINTS)),
        max(1, int(market.size * _HUNDREDTH / Decimal(instrument.lot.text))),
    )
    return ModelFlow(ask, market, instrument, scale, start, seed, run)


def _read_path(files: Sequence[Path], instrument: Instrument) -> Iterator[int]:
    recording = open_recording(files, Grid(instrument, Notices()))
    prices = follow_trades(number_times(recording.read(), RATE))
    first = next(prices, None)
    if first is None:
        raise ValueError(f"{', '.join(map(str, files))}: no trades, and so no path of a price")
    return chain((first,), prices)
