"""Values of parameters at their bounds."""

from binance_gateway.calls.parameters import read_time
from binance_gateway.calls.registry import BY_NAME
from binance_gateway.market.intervals import KLINE_INTERVALS


def test_a_moment_is_one_of_the_calendar() -> None:
    latest = read_time("startTime", "999999999999999999")
    assert all(each.move(each.align(latest), 1_000) > latest for each in KLINE_INTERVALS.values())
    assert read_time("startTime", "1769000000000") == 1_769_000_000_000_000


def test_depth_weighs_what_it_will_have() -> None:
    weigh = BY_NAME["depth"].weigh
    assert weigh({}) == weigh({"limit": "100"}) == weigh({"limit": "²"}) == 5
    assert weigh({"limit": "1" + "0" * 18}) == weigh({"limit": "5000".zfill(20)}) == 250
