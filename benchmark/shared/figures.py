"""A measurement's figures in a file of their own: what `benchmark.all` gathers and compares."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from benchmark.shared.latency import Latency

Figures: TypeAlias = dict[str, float]
"""By name; the unit stands in the name."""


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """`--json FILE`."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")


def name_latency(name: str, latency: Latency) -> Figures:
    """The two of its percentiles that are compared."""
    return {f"{name}: p50 ms": latency.p50, f"{name}: p99 ms": latency.p99}


def write_figures(path: Path | None, figures: Mapping[str, float]) -> None:
    """`{name: value}`; nothing without a path. Raises ValueError for a figure that is no number."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n")


def read_figures(path: Path) -> Figures:
    """What was written; nothing without a file."""
    if not path.exists():
        return {}
    return {name: float(value) for name, value in json.loads(path.read_text()).items()}
