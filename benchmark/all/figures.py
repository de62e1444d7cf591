"""The figures of a measurement, from the file that it writes."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmark.shared.figures import Figures, read_figures

_NAME_WIDTH = 60


def list_figures(file: Path) -> Figures:
    """List the figures by name; none if the measurement wrote no file."""
    if not file.exists():
        return {}
    result = json.loads(file.read_text())
    if "rows" in result:  # of chaos, whose rows are not all numbers
        rows = result["rows"].items()
        return {name: float(value) for name, value in rows if isinstance(value, int | float)}
    if "best" in result or "accepted_rate" in result:
        return dict(_list_load(result.get("best", result)))
    return read_figures(file)


def compare_figures(
    first: Mapping[str, Mapping[str, float]], second: Mapping[str, Mapping[str, float]]
) -> Iterator[str]:
    """Give a line for each figure of either run, then how far the two runs agree."""
    off: list[float] = []
    for part in {**first, **second}:
        ours, theirs = first.get(part, {}), second.get(part, {})
        for name in {**ours, **theirs}:
            one, other = ours.get(name), theirs.get(name)
            told = f"  {part:<16}{name:<{_NAME_WIDTH}}{_format(one)}{_format(other)}"
            if one and other:
                off.append(abs(other / one - 1))
                told += f"{other / one:8.2f}"
            yield told
    if off:
        ordered = sorted(off)
        middle, worst = ordered[len(ordered) // 2], ordered[-1]
        yield f"{len(off)} figures: half of them agree within {middle:.0%}, all within {worst:.0%}"


def _format(figure: float | None) -> str:
    return f"{'-':>14}" if figure is None else f"{figure:14,.2f}"


def _list_load(result: Mapping[str, Any] | None) -> Iterator[tuple[str, float]]:
    if not result:
        return
    accepted = float(result["accepted_rate"])
    yield "orders a second", accepted
    for stage, latency in result["stages_ms"].items():
        yield from _list_latency(stage, latency)
    for name in ("matching", "commit"):
        yield from _list_latency(f"engine {name}", result[f"engine_{name}_ms"] or {})
    for usage in result["processes"]:
        if accepted and usage["name"] != "launcher":
            yield f"{usage['name']} CPU us an order", usage["cpu_share"] / accepted * 1e6


def _list_latency(name: str, latency: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """List percentiles; one beyond the histogram's range is null, which is no figure."""
    for share in ("p50", "p99"):
        if latency.get(share) is not None:
            yield f"{name} {share} ms", float(latency[share])
