"""The command line of the load test."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PAIRS, MIX = "pairs", "mix"
SINGLE, BATCH, WEBSOCKET, LIST = "single", "batch", "websocket", "list"
MODES = (SINGLE, BATCH, WEBSOCKET, LIST)
DEFAULT_SYMBOL = "SOL-USDT"
_EPILOG = """\
flows: `pairs` are a sell and a buy in turn, each trades once (fits beside other people's orders);
`mix` is half passive orders, 40 % cancels and amends, the rest crossing (needs empty books).
modes: `single` is one order a request, `batch` --batch orders a request, `websocket` one order a
command on private streams, `list` straight RPUSH.
"""


class Plan(NamedTuple):
    """One load: what is sent, how, and how much of it."""

    rate: float
    seconds: float
    flow: str
    mode: str
    symbols: tuple[str, ...]
    connections: int
    batch: int
    account: str
    api_key: str | None
    replay: Path | None

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers that name who sends."""
        return {"X-API-Key": self.api_key} if self.api_key else {"X-Account": self.account}

    @property
    def needs_reports(self) -> bool:
        """Whether the private stream is needed to show that nothing was lost."""
        return self.replay is not None or self.flow == MIX


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line, with the `plan` that follows from it."""
    parser = argparse.ArgumentParser(
        prog="performance_test.py",
        description="Orders at their scheduled times through the system, and what came of them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_load(parser)
    _add_system(parser)
    _add_saturation(parser)
    parser.add_argument("--json", type=Path, default=Path("build/performance_test.json"))
    parser.add_argument("--picture", type=Path, default=Path("build/performance_test.svg"))
    options = parser.parse_args(arguments)
    _check(parser, options)
    options.plan = Plan(
        options.rate, options.seconds, options.flow, options.mode, tuple(options.symbol),
        options.connections, options.batch if options.mode == BATCH else 1, options.account,
        options.api_key, options.replay,
    )  # fmt: skip
    return options


def _add_load(parser: argparse.ArgumentParser) -> None:
    load = parser.add_argument_group("the load")
    load.add_argument("--rate", type=float, default=1500, help="orders a second (1500)")
    load.add_argument("--seconds", type=float, default=60, help="how long (60)")
    load.add_argument("--flow", choices=(PAIRS, MIX), default=PAIRS, help="what (pairs)")
    load.add_argument(
        "--replay",
        type=Path,
        metavar="FILE",
        help="recorded flow instead, as benchmark/README.md has it",
    )
    load.add_argument("--mode", choices=MODES, default=SINGLE, help="how (single)")
    load.add_argument("--batch", type=int, default=50, help="orders a request of a batch (50)")
    load.add_argument(
        "--symbol", nargs="+", default=[DEFAULT_SYMBOL], help=f"instruments ({DEFAULT_SYMBOL})"
    )
    load.add_argument("--connections", type=int, default=64, help="or streams (64)")
    load.add_argument("--account", default="load-test", help="who sends (load-test)")
    load.add_argument("--api-key", help="where authentication is on; a key without a secret")


def _add_system(parser: argparse.ArgumentParser) -> None:
    system = parser.add_argument_group("the system (default: the one that runs on DATA_DIR)")
    system.add_argument(
        "--start", action="store_true", help="start one for the test: own ports, own data folder"
    )
    system.add_argument("--gateway", metavar="URL", help="of a system elsewhere")
    system.add_argument("--market-data", metavar="URL", help="of a system elsewhere")
    system.add_argument("--redis", metavar="URL", help="of a system elsewhere, for --mode list")


def _add_saturation(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("saturation")
    group.add_argument(
        "--saturate", action="store_true", help="find the highest rate instead, from --rate on"
    )
    group.add_argument("--bound", type=float, default=50, help="of order to feed, p99, ms (50)")
    group.add_argument("--trial", type=float, default=5, help="seconds of each rate (5)")


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Exit if the arguments do not go together."""
    if min(options.rate, options.seconds, options.connections, options.batch) <= 0:
        parser.error("--rate, --seconds, --connections and --batch must be above 0")
    if options.batch > 500:
        parser.error("the gateway takes at most 500 orders in a batch")
    if options.replay is not None and len(options.symbol) > 1:
        parser.error("--replay is of one --symbol")
    if options.start and (options.gateway or options.market_data or options.redis):
        parser.error("--start tests a system of its own: no --gateway, --market-data, --redis")
