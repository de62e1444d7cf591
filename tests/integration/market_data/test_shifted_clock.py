"""Candles of a service whose wall clock is set ahead and back again while nothing trades."""

from pathlib import Path

from protocol.timestamps import now_in_microseconds, parse_timestamp
from tests.support.market_data import Json, Reader, run_market_data
from tests.support.publisher import Publisher
from tests.support.shifted_clock import HOUR, ShiftedClock

SECOND = 1_000_000


def wait_for_clock(reader: Reader, offset: int) -> None:
    """Until the service has seen a clock that is so many seconds off, and told what follows."""
    off = float(HOUR)
    while abs(off - offset) >= HOUR / 2:
        beat = parse_timestamp(reader.next_of("heartbeat")["timestamp"])
        off = (beat - now_in_microseconds()) / SECOND
    reader.next_of("heartbeat")


def wait_for_close(reader: Reader, close: str) -> Json:
    candle: Json = {"close": None}
    while candle["close"] != close or not candle["trades"]:
        candle = reader.next_of("candle")["data"]
    return candle


def test_trades_have_their_candles_though_the_clock_was_hours_ahead_meanwhile(
    redis_url: str, publisher: Publisher, tmp_path: Path
) -> None:
    clock = ShiftedClock(tmp_path)
    with (
        run_market_data(
            redis_url, LD_PRELOAD=clock.library, CLOCK_OFFSET_FILE=clock.file
        ) as service,
        service.read("candles_1s", "heartbeat") as reader,
    ):
        publisher.trade("60000.00", "0.10000")
        wait_for_close(reader, "60000.00")
        for offset in (2 * HOUR, 0):
            clock.set(offset)
            wait_for_clock(reader, offset)
        publisher.trade("60010.00", "0.20000")
        candle = wait_for_close(reader, "60010.00")
        assert (candle["trades"], candle["volume"]) == (1, "0.20000")
        age = now_in_microseconds() - parse_timestamp(candle["start"])
        assert 0 <= age < HOUR * SECOND
