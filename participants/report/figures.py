"""The figures of a flow that the literature compares.

Tails, clustering and absent autocorrelation of returns: Cont, "Empirical properties of asset
returns: stylized facts and statistical issues", Quantitative Finance 1 (2001). The tail index is
Hill's (Annals of Statistics 3, 1975). Signs of market orders: Lillo and Farmer, "The long memory of
the efficient market", Studies in Nonlinear Dynamics & Econometrics 8 (2004).
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean, pstdev
from typing import TypeAlias

from participants.report.observation import Observation

Figures: TypeAlias = dict[str, float]

_BASIS_POINTS = 10_000
_TAIL = 0.05
"""The share of returns that the tail index is made of."""
LAGS = (1, 10, 60)


def compute_figures(observation: Observation) -> Figures:
    """Return figures by name with unit; those that there are too few observations for are 0."""
    spreads, returns = find_spreads(observation), find_returns(observation)
    sizes = [abs(each) for each in returns]
    signs = find_signs(observation)
    levels = [min(len(sample.bids), len(sample.asks)) for sample in observation.samples]
    minutes = len(observation.samples) * observation.interval / 60
    return {
        "spread, mean, bp": _mean(spreads),
        "spread, 5 %, bp": find_quantile(spreads, 0.05),
        "spread, 95 %, bp": find_quantile(spreads, 0.95),
        "levels of the thinner side, fewest": min(levels, default=0),
        "quantity at the best price, mean": _mean(find_best_quantities(observation)),
        "trades a minute": len(observation.trades) / minutes if minutes else 0.0,
        "returns, standard deviation, bp": _deviation(returns),
        "returns, excess kurtosis": find_kurtosis(returns),
        "returns, tail index": find_tail_index(returns),
        "returns, autocorrelation 1": correlate(returns, 1),
        **{f"size of returns, autocorrelation {lag}": correlate(sizes, lag) for lag in LAGS},
        **{f"signs of trades, autocorrelation {lag}": correlate(signs, lag) for lag in LAGS[:2]},
    }


def find_spreads(observation: Observation) -> list[float]:
    """Return the spread of each sample in basis points of the mid price."""
    return [
        (sample.asks[0][0] - sample.bids[0][0]) / sample.mid * _BASIS_POINTS
        for sample in observation.samples
    ]


def find_returns(observation: Observation) -> list[float]:
    """Return logarithmic returns of the mid price from sample to sample, in basis points."""
    mids = [sample.mid for sample in observation.samples]
    return [math.log(after / before) * _BASIS_POINTS for before, after in pairwise(mids)]


def find_signs(observation: Observation) -> list[float]:
    """Return 1 for each trade of a buyer, -1 for a seller's."""
    return [1.0 if trade.is_buy else -1.0 for trade in observation.trades]


def find_best_quantities(observation: Observation) -> list[float]:
    """Return the quantities at the best prices."""
    return [side[0][1] for sample in observation.samples for side in (sample.bids, sample.asks)]


def find_imbalances(observation: Observation) -> list[float]:
    """Return how much more the best bid has than the best ask, as a share of both."""
    pairs = [(sample.bids[0][1], sample.asks[0][1]) for sample in observation.samples]
    return [(bid - ask) / (bid + ask) for bid, ask in pairs]


def find_depth_profile(observation: Observation) -> list[float]:
    """Return the mean quantity of each level, from the best on, of both sides."""
    depth = max((len(side) for sample in observation.samples for side in sample), default=0)
    return [
        _mean(
            [
                side[place][1] if place < len(side) else 0.0
                for sample in observation.samples
                for side in sample
            ]
        )
        for place in range(depth)
    ]


def correlate(values: Sequence[float], lag: int) -> float:
    """Return the autocorrelation at a lag."""
    if len(values) <= lag + 1:
        return 0.0
    mean = fmean(values)
    spread = sum((value - mean) ** 2 for value in values)
    pairs = zip(values, values[lag:], strict=False)
    return sum((a - mean) * (b - mean) for a, b in pairs) / spread if spread else 0.0


def find_kurtosis(values: Sequence[float]) -> float:
    """Return the kurtosis above that of a normal distribution."""
    deviation = _deviation(values)
    if not deviation:
        return 0.0
    mean = fmean(values)
    return fmean(((value - mean) / deviation) ** 4 for value in values) - 3


def find_tail_index(values: Sequence[float]) -> float:
    """Return Hill's estimate from the largest sizes; real returns have about 3."""
    sizes = sorted((abs(value) for value in values if value), reverse=True)
    count = int(len(sizes) * _TAIL)
    if count < 2 or sizes[0] == sizes[count]:
        return 0.0
    return 1 / fmean(math.log(size / sizes[count]) for size in sizes[:count])


def find_quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of them lies."""
    if not values:
        return 0.0
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def format_figures(columns: Mapping[str, Figures]) -> str:
    """Return a table of Markdown, a column for each flow."""
    names = next(iter(columns.values()))
    head = f"| figure | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}\n"
    rows = [
        f"| {name} | {' | '.join(f'{column[name]:.3g}' for column in columns.values())} |\n"
        for name in names
    ]
    return head + "".join(rows)


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


def _deviation(values: Sequence[float]) -> float:
    return pstdev(values) if len(values) > 1 else 0.0
