"""Bodies of answers about the gateway itself and about instruments."""

from typing import Annotated, Literal

from pydantic import Field

from protocol.described_body import DescribedBody, make_example
from protocol.enums import MarketName, Phase

InstrumentState = Literal["trading", "halted"]


def to_state(phase: Phase) -> InstrumentState:
    """Say whether an instrument in this phase trades."""
    return "trading" if phase is Phase.CONTINUOUS else "halted"


_INSTRUMENT = {
    "symbol": "BTC-USDT",
    "base_asset": "BTC",
    "quote_asset": "USDT",
    "tick_size": "0.01",
    "lot_size": "0.00001",
    "min_quantity": "0.00001",
    "max_quantity": "10000000.00000",
    "min_notional": None,
    "max_notional": None,
    "price_band": None,
    "state": "trading",
    "phase": "continuous",
}


class ExchangeClock(DescribedBody):
    """How the exchange's time goes: `real`, a factor such as `60x`, or `manual`; and what it is."""

    model_config = make_example(mode="manual", timestamp="2026-01-01T01:00:00.000000Z")

    mode: Annotated[str, Field(description="how it goes: `real`, a factor, or `manual`")]
    timestamp: Annotated[str, Field(description="the exchange's time now")]


class StepsTaken(ExchangeClock):
    """The exchange's clock after moves and orders, and how many orders there were."""

    model_config = make_example(mode="manual", timestamp="2026-01-01T00:00:02.000000Z", orders=2)

    orders: Annotated[int, Field(description="how many were queued and handled")]


class ExchangeProgress(ExchangeClock):
    """The exchange's clock, and how far it has come."""

    model_config = make_example(
        mode="manual",
        timestamp="2026-01-01T01:00:00.000000Z",
        exchange_id="6f1ad0c2b7e94a05",
        sequence=42,
    )

    exchange_id: Annotated[str | None, Field(description="null before it has begun")]
    sequence: Annotated[int, Field(description="of the last command")]


class ExchangeReset(DescribedBody):
    """The exchange that has begun."""

    model_config = make_example(exchange_id="6f1ad0c2b7e94a05")

    exchange_id: Annotated[str, Field(description="another one than before")]


class MarketState(DescribedBody):
    """The simulated traders that there are to be; `name` and what follows are null without any."""

    model_config = make_example(
        is_available=True, name="demo", symbol="BTC-USDT", seed=7, start_price=None
    )

    is_available: Annotated[bool, Field(description="whether you may start and stop them")]
    name: Annotated[MarketName | None, Field(description="the market; null: none")] = None
    symbol: Annotated[str | None, Field(description="where they trade")] = None
    seed: Annotated[int | None, Field(description="what their orders come of")] = None
    start_price: Annotated[
        str | None, Field(description="where it began; null: at a price of the market's own")
    ] = None


class InstrumentItem(DescribedBody):
    """An instrument: a price is a multiple of `tick_size`, a quantity a multiple of `lot_size`.

    While `state` is `halted`, only cancels are accepted; the `phase` says why. Both are null if
    they are unknown at the moment.
    """

    model_config = make_example(**_INSTRUMENT)

    symbol: str
    base_asset: str
    quote_asset: str
    tick_size: str
    lot_size: str
    min_quantity: str
    max_quantity: str
    min_notional: str | None
    max_notional: str | None
    price_band: str | None
    state: InstrumentState | None
    phase: Phase | None
    shard: Annotated[
        int | None, Field(description="where it is matched; only if there are several shards")
    ] = None


class InstrumentList(DescribedBody):
    """Every instrument."""

    model_config = make_example(instruments=[_INSTRUMENT])

    instruments: list[InstrumentItem]


class Health(DescribedBody):
    """State of the gateway, of its queue and of the engine.

    `degraded`: orders are accepted, but no engine matches them. `unavailable`: the queue cannot be
    reached.
    """

    model_config = make_example(
        status="ok", service="order_gateway", redis="up", queue_length=0, engine="up",
        engine_heartbeat_age=0.4,
    )  # fmt: skip

    status: Literal["ok", "degraded", "unavailable"]
    service: Literal["order_gateway"] = "order_gateway"
    redis: Literal["up", "down"]
    queue_length: int | None
    engine: Literal["up", "down", "unknown"]
    engine_heartbeat_age: float | None


class InstrumentSwitched(DescribedBody):
    """The instrument's new state; while it is `halted`, orders can only be canceled."""

    model_config = make_example(symbol="BTC-USDT", state="halted", phase="halted")

    symbol: str
    state: InstrumentState
    phase: Phase


class Liveness(DescribedBody):
    """The process answers."""

    model_config = make_example(status="ok")

    status: Literal["ok"]


class Readiness(DescribedBody):
    """Whether an order sent now would be matched and kept, and the `reasons` why not.

    `degraded` says what else does not work, such as lists of the past, and does not affect it.
    `engine_heartbeat_age` is in seconds, null if no engine serves. How far the archive is behind
    (commands that it lacks, seconds since the oldest of them; null if none has followed yet) does
    not affect readiness, because orders do not need the archive.
    """

    model_config = make_example(
        status="ready", redis="up", engine_heartbeat_age=0.4, queue_length=0,
        archive_commands_behind=12, archive_seconds_behind=0.03, reasons=[], degraded=[],
    )  # fmt: skip

    status: Literal["ready", "not_ready"]
    redis: Literal["up", "down"]
    engine_heartbeat_age: float | None
    queue_length: int | None
    archive_commands_behind: int | None
    archive_seconds_behind: float | None
    reasons: list[str]
    degraded: list[str]
