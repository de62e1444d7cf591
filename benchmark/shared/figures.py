"""A measurement's figures in a file, which `benchmark.all` gathers and compares."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from benchmark.shared.latency import Latency

Figures: TypeAlias = dict[str, float]
"""By name, which ends with the unit."""


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """Add the option `--json FILE`."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")


def name_latency(name: str, latency: Latency) -> Figures:
    """Name the two percentiles that are compared."""
    return {f"{name}: p50 ms": latency.p50, f"{name}: p99 ms": latency.p99}


def write_figures(path: Path | None, figures: Mapping[str, float]) -> None:
    """Write `{name: value}`, if there is a path; raises ValueError if a figure is no number."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n")


def read_figures(path: Path) -> Figures:
    """Read what was written; no figures if there is no file."""
    if not path.exists():
        return {}
    return {name: float(value) for name, value in json.loads(path.read_text()).items()}
