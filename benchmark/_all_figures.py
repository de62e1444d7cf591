"""The figures of a measurement: from the file that a load test writes, else from its text."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmark._all_parts import Part

_NUMBER = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)(?![\d.])")
_RATIO = re.compile(r"(\d+(?:\.\d+)?) x\b")
_SPACE = re.compile(r"[\s,:;]+")
_LONGEST_NAME = 60


def list_figures(part: Part, text: str, folder: Path) -> dict[str, float]:
    """By name. In a text: every ratio (`1.73 x …`) by the line that it stands in."""
    file = folder / part.json_name
    if file.exists():
        result = json.loads(file.read_text())
        return dict(_list_load(result.get("best") or result))
    return dict(_list_ratios(text))


def compare_figures(
    first: Mapping[str, Mapping[str, float]], second: Mapping[str, Mapping[str, float]]
) -> Iterator[str]:
    """A line for each figure that both runs have, then how far the ratios agree."""
    off: list[float] = []
    for part, figures in first.items():
        for name, one in figures.items():
            other = second.get(part, {}).get(name)
            if other is not None and one and other:
                off.append(abs(other / one - 1))
                told = f"  {part:<16}{name:<{_LONGEST_NAME}}{one:12,.2f}{other:12,.2f}"
                yield f"{told}{other / one:8.2f}"
    if off:
        ordered = sorted(off)
        middle, worst = ordered[len(ordered) // 2], ordered[-1]
        yield f"{len(off)} figures: half of them agree within {middle:.0%}, all within {worst:.0%}"


def _list_load(result: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    if not result or "accepted_rate" not in result:
        return
    accepted = float(result["accepted_rate"])
    yield "orders a second", accepted
    for stage in ("accept", "order to feed", "order to BBO update"):
        for name in ("p50", "p99"):
            if stage in result["stages_ms"]:
                yield f"{stage} {name} ms", float(result["stages_ms"][stage][name])
    if result["engine_matching_ms"]:
        yield "engine matching p99 ms", float(result["engine_matching_ms"]["p99"])
    for usage in result["processes"]:
        if accepted and usage["name"] != "launcher":
            yield f"{usage['name']} CPU us an order", usage["cpu_share"] / accepted * 1e6


def _list_ratios(text: str) -> Iterator[tuple[str, float]]:
    heading = ""
    for line in text.splitlines():
        if line and not line.startswith(" "):
            heading = _name(line)[:24]
        for place, found in enumerate(_RATIO.finditer(line)):
            name = _name(line[: found.start()])
            yield f"{heading} {name} #{place}"[-_LONGEST_NAME:].strip(), float(found[1])


def _name(text: str) -> str:
    """What a line is about: its words without its numbers."""
    return _SPACE.sub(" ", _NUMBER.sub("", text)).strip()
