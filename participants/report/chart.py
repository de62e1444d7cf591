"""A line chart in SVG: axes, grid, lines, a legend."""

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 860, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 180, 34, 40
COLORS = ("#1f6feb", "#d1495b", "#2a9d5c", "#8a63d2")
_TEXT = "#24292f"
_GRID = "#d8dee4"
_FEW = 300.0

Points = Sequence[tuple[float, float]]


class Axis(NamedTuple):
    """Values from `low` to `high`, linear or logarithmic, and those that are marked."""

    low: float
    high: float
    marks: Sequence[tuple[float, str]]
    is_logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where the value is on the axis, from 0 to 1."""
        low, high = self.low, self.high
        inside = min(max(value, low), high)
        if self.is_logarithmic:
            return math.log(inside / low) / math.log(high / low)
        return (inside - low) / (high - low)


class Chart(NamedTuple):
    """A title, the axes, and lines by name."""

    title: str
    across: Axis
    up: Axis
    lines: Sequence[tuple[str, Points]]
    caption: str


def render_charts(heading: str, charts: Sequence[Chart]) -> str:
    """Render the charts, one below the other."""
    height = 40 + HEIGHT * len(charts)
    body = "".join(_render(chart, 40 + HEIGHT * place) for place, chart in enumerate(charts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" font-family="system-ui, sans-serif" font-size="12" fill="{_TEXT}">'
        f'<rect width="100%" height="100%" fill="white"/>'
        f'<text x="{_LEFT}" y="26" font-size="15" font-weight="600">{escape(heading)}</text>'
        f"{body}</svg>\n"
    )


def choose_marks(high: float, steps: int = 5) -> list[tuple[float, str]]:
    """Choose round values from 0 up to `high`."""
    rough = high / steps
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [(count * step, f"{count * step:,g}") for count in range(int(high / step + 1e-9) + 1)]


def choose_decades(low: float, high: float) -> list[tuple[float, str]]:
    """Choose powers of ten from `low` to `high`; if they are few, values between them too."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if high / low < _FEW else (1,)
    values = [factor * 10.0**power for power in powers for factor in factors]
    return [(value, f"{value:g}") for value in values if low <= value <= high]


def _render(chart: Chart, top: float) -> str:
    def across(value: float) -> float:
        return _LEFT + chart.across.place(value) * (WIDTH - _LEFT - _RIGHT)

    def up(value: float) -> float:
        return top + HEIGHT - _BOTTOM - chart.up.place(value) * (HEIGHT - _TOP - _BOTTOM)

    return "".join(
        [
            _text(_LEFT, top + 20, chart.title, weight="600"),
            *_render_grid(chart, top, across, up),
            *_render_lines(chart.lines, top, across, up),
            _text(WIDTH - _RIGHT, top + HEIGHT - 6, chart.caption, anchor="end"),
        ]
    )


def _render_grid(
    chart: Chart, top: float, across: Callable[[float], float], up: Callable[[float], float]
) -> list[str]:
    left, right, bottom = _LEFT, WIDTH - _RIGHT, top + HEIGHT - _BOTTOM
    parts = []
    for value, label in chart.up.marks:
        parts.append(_line(left, up(value), right, up(value)))
        parts.append(_text(left - 8, up(value) + 4, label, anchor="end"))
    for value, label in chart.across.marks:
        parts.append(_line(across(value), top + _TOP, across(value), bottom))
        parts.append(_text(across(value), bottom + 16, label, anchor="middle"))
    return parts


def _render_lines(
    lines: Sequence[tuple[str, Points]],
    top: float,
    across: Callable[[float], float],
    up: Callable[[float], float],
) -> list[str]:
    parts = []
    for place, (name, points) in enumerate(lines):
        color = COLORS[place % len(COLORS)]
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.8"'
            ' stroke-linejoin="round"/>'
        )
        y = top + _TOP + 8 + 20 * place
        left = WIDTH - _RIGHT + 16
        parts.append(f'<rect x="{left}" y="{y - 4:.0f}" width="16" height="3" fill="{color}"/>')
        parts.append(_text(left + 22, y + 2, name))
    return parts


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{_GRID}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "400") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )
