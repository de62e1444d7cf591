"""A report as a picture: tails, memory, spread and depth of one flow or two."""

from collections.abc import Callable, Sequence

from participants.report.chart import (
    Axis,
    Chart,
    Points,
    choose_decades,
    choose_marks,
    render_charts,
)
from participants.report.figures import (
    correlate,
    find_depth_profile,
    find_quantile,
    find_returns,
    find_signs,
    find_spreads,
)
from participants.report.observation import Observation

_MOST_LAGS = 60
_LEAST_SHARE = 1e-4


def draw_report(observations: Sequence[Observation]) -> str:
    """Return the picture as SVG."""
    charts = [
        _draw_tails(observations),
        _draw_memory(
            "Memory of the size of returns", observations,
            lambda each: [abs(value) for value in find_returns(each)],
        ),
        _draw_memory("Memory of the signs of trades", observations, find_signs),
        _draw_spreads(observations),
        _draw_depth(observations),
    ]  # fmt: skip
    return render_charts("How real the flow is", charts)


def _draw_tails(observations: Sequence[Observation]) -> Chart:
    lines = [(each.name, _find_exceedance(find_returns(each))) for each in observations]
    sizes = [size for _, points in lines for size, _ in points] or [1.0, 10.0]
    low, high = min(sizes), max(sizes) * 1.01
    across = Axis(low, high, choose_decades(low, high), is_logarithmic=True)
    up = Axis(_LEAST_SHARE, 1, choose_decades(_LEAST_SHARE, 1), is_logarithmic=True)
    title = "Returns larger than this, as a share of all"
    return Chart(title, across, up, lines, "size of a return, bp")


def _find_exceedance(values: Sequence[float]) -> Points:
    sizes = sorted(abs(value) for value in values if value)
    return [(size, 1 - place / len(sizes)) for place, size in enumerate(sizes)]


def _draw_memory(
    title: str, observations: Sequence[Observation], find: Callable[[Observation], list[float]]
) -> Chart:
    lines = []
    for each in observations:
        values = find(each)
        points = [(lag, correlate(values, lag)) for lag in range(1, _MOST_LAGS + 1)]
        lines.append((each.name, points))
    across = Axis(0, _MOST_LAGS, choose_marks(_MOST_LAGS))
    marks = [(-0.2, "-0.2"), *choose_marks(1.0)]
    return Chart(title, across, Axis(-0.2, 1, marks), lines, "lag")


def _draw_spreads(observations: Sequence[Observation]) -> Chart:
    shares = [place / 100 for place in range(100)]
    lines = []
    for each in observations:
        spreads = find_spreads(each)
        lines.append((each.name, [(share, find_quantile(spreads, share)) for share in shares]))
    return _draw_from_zero("Spread, bp", lines, "share of the time that it is smaller")


def _draw_depth(observations: Sequence[Observation]) -> Chart:
    lines = [(each.name, list(enumerate(find_depth_profile(each), 1))) for each in observations]
    return _draw_from_zero("Mean quantity of a level", lines, "level, from the best price on")


def _draw_from_zero(title: str, lines: Sequence[tuple[str, Points]], caption: str) -> Chart:
    points = [point for _, some in lines for point in some] or [(1.0, 1.0)]
    right = max(place for place, _ in points) or 1.0
    top = max(value for _, value in points) or 1.0
    across, up = Axis(0, right, choose_marks(right)), Axis(0, top, choose_marks(top))
    return Chart(title, across, up, lines, caption)
