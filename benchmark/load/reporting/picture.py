"""The picture of a load: how latency is distributed, latency over time, rate over time."""

from collections.abc import Sequence

from benchmark.load.reporting.result import Result
from benchmark.load.reporting.series import Second, list_seconds
from benchmark.load.reporting.stages import ACCEPT, ORDER_TO_FEED, SCHEDULED_TO_HANDED_OVER
from benchmark.load.reporting.table import describe_plan
from benchmark.load.run import Run
from participants.report.chart import (
    Axis,
    Chart,
    choose_decades,
    choose_marks,
    render_charts,
)

_SHOWN = (ORDER_TO_FEED, ACCEPT, SCHEDULED_TO_HANDED_OVER)
_SHARES = ((2.0, "50 %"), (10.0, "90 %"), (100.0, "99 %"), (1e3, "99.9 %"), (1e4, "99.99 %"))
"""One in so many orders is slower: the axis of HDR pictures."""
_STEPS = 200


def draw_load(run: Run, result: Result) -> str:
    """Draw it as SVG."""
    seconds = list(list_seconds(run))
    charts = [_draw_distribution(result), _draw_latency(seconds), _draw_rate(seconds, result)]
    return render_charts(describe_plan(run.plan), charts)


def _draw_distribution(result: Result) -> Chart:
    rarest = min(1e4, max((len(histogram) for histogram in result.stages.values()), default=10))
    rarities = [rarest ** (step / _STEPS) for step in range(_STEPS + 1)]
    lines = [
        (name, [(rarity, histogram.at(1 - 1 / rarity)) for rarity in rarities])
        for name, histogram in result.stages.items()
        if name in _SHOWN
    ]
    marks = [mark for mark in _SHARES if mark[0] <= rarest]
    across = Axis(1.0, max(rarest, 2.0), marks, is_logarithmic=True)
    values = [value for _, points in lines for _, value in points if value > 0]
    return Chart(
        "Latency by percentile, milliseconds", across, _choose_scale(values), lines,
        "share of orders that were at least so fast",
    )  # fmt: skip


def _draw_latency(seconds: Sequence[Second]) -> Chart:
    known = [(second.at, second.latency) for second in seconds if second.latency]
    lines = [
        ("p50", [(at + 0.5, latency.p50) for at, latency in known]),
        ("p99", [(at + 0.5, latency.p99) for at, latency in known]),
        ("max", [(at + 0.5, latency.highest) for at, latency in known]),
    ]
    values = [value for _, points in lines for _, value in points]
    title = "Order to feed of each second's orders, milliseconds"
    return Chart(title, _choose_time(seconds), _choose_scale(values), lines, "seconds")


def _draw_rate(seconds: Sequence[Second], result: Result) -> Chart:
    length = result.orders / result.offered_rate
    whole = seconds[:-1] or seconds  # the last second had hardly begun when all was done
    highest = max([result.offered_rate, *(max(each.accepted, each.seen) for each in seconds)])
    lines = [
        ("seen on the WebSocket", [(each.at + 0.5, float(each.seen)) for each in whole]),
        ("accepted", [(each.at + 0.5, float(each.accepted)) for each in whole]),
        ("offered", [(0.0, result.offered_rate), (length, result.offered_rate)]),
    ]
    up = Axis(0.0, highest * 1.1, choose_marks(highest * 1.1, 4))
    return Chart("Orders of each second", _choose_time(seconds), up, lines, "seconds")


def _choose_time(seconds: Sequence[Second]) -> Axis:
    length = max(1.0, float(len(seconds)))
    return Axis(0.0, length, choose_marks(length, 6))


def _choose_scale(values: Sequence[float]) -> Axis:
    low = 10.0 ** _floor_power(min(values, default=0.1))
    high = max([*values, low * 10]) * 1.1
    return Axis(low, high, choose_decades(low, high), is_logarithmic=True)


def _floor_power(value: float) -> int:
    power = -2
    while 10.0 ** (power + 1) <= value:
        power += 1
    return power
