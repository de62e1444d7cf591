"""The markets that there are, and their parameters."""

from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import msgspec

from participants.models.hawkes import Hawkes
from participants.models.queue_reactive import QueueReactive
from participants.models.zero_intelligence import ZeroIntelligence

_FILE = Path(__file__).with_name("markets.toml")


class Market(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="population", tag_field="kind"
):
    """A population. Rates and chances are per step; README.md says what each does."""

    start_price: Decimal
    volatility: float
    reversion: float
    makers: int
    levels: int
    half_spread: float
    level_gap: float
    size: int
    lean: float
    hedge: float
    storm: float
    requote: float
    patience: float
    noise_rate: float
    momentum_rate: float
    reverting_rate: float
    take_size: int


AnyMarket: TypeAlias = Market | ZeroIntelligence | Hawkes | QueueReactive


def load_market(name: str, file: Path = _FILE) -> AnyMarket:
    """Load a market; raise ValueError for an unknown one, or for a bad file."""
    markets = msgspec.toml.decode(file.read_bytes(), type=dict[str, AnyMarket])
    if name not in markets:
        raise ValueError(f"market {name!r} is not known; there are {', '.join(markets)}")
    return markets[name]
