"""`python -m participants report`: how real a flow is."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from participants.asking import Ask
from participants.formats.opening import open_recording
from participants.formats.records import Grid, Notices
from participants.making import Source, make_flow
from participants.markets import load_market
from participants.replay.replay import RATE, read_instrument
from participants.report.distances import compare_flows
from participants.report.figures import compute_figures, format_figures
from participants.report.observation import (
    AskMarket,
    Observation,
    observe_record,
    read_trades,
    take_sample,
)
from participants.report.picture import draw_report

DESCRIPTION = """Watch an exchange, a book a second, and tell how real its flow is: tails and memory
of returns, signs, spread, depth, and with --against how far its distributions are from a record's.
Where the clock is manual, the population of --market acts meanwhile."""

_MILLISECONDS = 1000


class Watch(NamedTuple):
    """What is watched, and for how many steps."""

    ask: Ask
    ask_market: AskMarket
    symbol: str
    steps: int


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes beside the gateway and the symbol."""
    parser.add_argument(
        "--market-data", default="http://localhost:8001", metavar="URL", help="where the book is"
    )
    parser.add_argument("--seconds", type=int, default=600, help="how long (default 600)")
    parser.add_argument("--market", default="demo", help="who acts, with a manual clock (demo)")
    parser.add_argument("--seed", type=int, default=1, help="of the market")
    parser.add_argument("--against", nargs="+", type=Path, metavar="FILE", help="a record")
    parser.add_argument("--stock", help="of an ITCH file: the one that is compared")
    parser.add_argument(
        "--rate", type=float, default=RATE, help=f"of a record that has no times ({RATE:g})"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write an SVG there, too")


def report_flow(ask: Ask, ask_market: AskMarket, options: argparse.Namespace) -> int:
    """Report; return 1 if there was nothing to see.

    Raises what `ask` raises, and ValueError or OSError for a file that cannot be read.
    """
    watch = Watch(ask, ask_market, options.symbol, options.seconds)
    if ask("GET", "/v1/clock", None, "default")["mode"] == "manual":
        flow = make_flow(ask, load_market(options.market), options.seed, options.symbol)
        seen = watch_flow(watch, flow)
    else:
        seen = _watch_time(watch)
    observations = [seen]
    if options.against:
        grid = Grid(read_instrument(ask, options.symbol), Notices())
        recording = open_recording(options.against, grid, options.stock)
        observations.append(observe_record(recording, grid.instrument, options.rate))
    write_report(observations, options.picture, sys.stdout.write)
    return 0 if seen.samples else 1


def watch_flow(watch: Watch, flow: Source) -> Observation:
    """Have a population act, and a manual clock move on by a second, so many times."""

    def step() -> None:
        flow.step()
        body = {"advance": "1s"}
        sequence = watch.ask("POST", "/v1/admin/clock", body, "default")["timestamp"]
        while watch.ask_market("/health")["timestamp"] < sequence:
            time.sleep(1 / _MILLISECONDS)

    return _watch(watch, step)


def _watch_time(watch: Watch) -> Observation:
    """Watch for so many seconds."""
    start = time.monotonic()
    steps = iter(range(1, watch.steps + 1))

    def step() -> None:
        time.sleep(max(0.0, start + next(steps) - time.monotonic()))

    return _watch(watch, step)


def _watch(watch: Watch, step: Callable[[], None]) -> Observation:
    since = watch.ask("GET", "/v1/clock", None, "default")["timestamp"]
    seen = Observation("flow")
    for _ in range(watch.steps):
        step()
        sample = take_sample(watch.ask_market, watch.symbol)
        if sample is not None:
            seen.samples.append(sample)
    read_trades(watch.ask_market, watch.symbol, since, seen)
    return seen


def write_report(
    observations: list[Observation], picture: Path | None, write: Callable[[str], object]
) -> None:
    """Write a table of figures, of distances if there are two flows, and the picture."""
    write(format_figures({each.name: compute_figures(each) for each in observations}))
    if len(observations) > 1:
        write("\n| distance | L1, 0 to 1 | Wasserstein-1, standard deviations |\n|---|---|---|\n")
        for name, l1, wasserstein in compare_flows(observations[0], observations[1]):
            write(f"| {name} | {l1:.3f} | {wasserstein:.3f} |\n")
    if picture is not None:
        picture.write_text(draw_report(observations))
