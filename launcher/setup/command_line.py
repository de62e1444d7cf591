"""The arguments of `start_system.py`; `--help` works before anything is set up."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

MARKETS = ("demo", "quiet", "volatile", "sparse", "santa-fe", "hawkes", "queue-reactive")
"""Those of participants/markets.toml."""
_EPILOG = """\
Settings come from the environment or a .env file; .env.example lists them all. A second system
beside the first: other ports and another folder, such as
  GATEWAY_PORT=9000 MARKET_DATA_PORT=9001 BINANCE_PORT=9002 DATA_DIR=data-2 python start_system.py
"""
_HOW_TO_STOP = """
To stop everything: Ctrl-C in the launcher's terminal; to stop Redis alone: `redis stop`"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        is_stop = "invalid choice: 'stop'" in message
        super().error(message + _HOW_TO_STOP if is_stop else message)


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse `command` (start, status, check, reset, redis), redis's `action`, and the options."""
    parser = _Parser(
        prog="start_system.py",
        description="Sets the exchange up, starts it, and stays in the foreground until Ctrl-C.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    parser.set_defaults(command="start", yes=False)
    parser.set_defaults(json=False, market=None, standby=False, cluster=None, only=None)
    for each in (parser, commands.add_parser("start", help="what happens without a command")):
        _add_start(each)
    commands.add_parser("status", help="a line for each process; exit status 1 if one is not well")
    _add_check(
        commands.add_parser(
            "check", help="a round trip through every part; leaves two tiny trades on BTC-USDT"
        )
    )
    reset = commands.add_parser("reset", help="stop the system and delete its data folder")
    _add_yes(reset)
    _add_redis(commands.add_parser("redis", help="look after the Redis that start_system started"))
    return parser.parse_args(arguments)


def _add_start(parser: argparse.ArgumentParser) -> None:
    """Add the options of a start; suppressed, a default does not undo one before the command."""
    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="when it is ready, print a line of JSON with ports and addresses; all else to stderr",
    )
    parser.add_argument(
        "--standby",
        action="store_true",
        default=argparse.SUPPRESS,
        help="have a second engine follow each, and serve at once if that dies (or STANDBYS=1)",
    )
    parser.add_argument(
        "--cluster",
        metavar="PRIMARIESxNODES",
        default=argparse.SUPPRESS,
        help="start a Redis Cluster here for tests and trials, such as 3x3: three primaries, each"
        " with two replicas (or REDIS_CLUSTER)",
    )
    parser.add_argument(
        "--only",
        metavar="SERVICE,…",
        default=argparse.SUPPRESS,
        help="run these alone, the others being on other machines of the same Redis: engine,"
        " archive, gateway, market-data, binance (or ONLY_SERVICES)",
    )
    parser.add_argument(
        "--market",
        choices=MARKETS,
        default=argparse.SUPPRESS,
        help="have simulated traders make a market (or MARKET in the settings)",
    )


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--api-key",
        help="if the gateway asks for one: a key that may trade (or CHECK_API_KEY); the two"
        " trades are of its account",
    )
    parser.add_argument("--api-secret", help="the key's secret, if it has one (CHECK_API_SECRET)")


def _add_redis(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    actions.add_parser("status", help="version, port, memory, persistence, queue length")
    actions.add_parser("stop", help="stop it and keep it stopped; orders are answered with 503")
    actions.add_parser("restart", help="restart it, or start it after `redis stop`")
    logs = actions.add_parser("logs", help="the last lines of its log")
    logs.add_argument("--lines", type=int, default=50, help="how many (default: 50)")
    clear = actions.add_parser("clear", help="reject the pending orders in order_queue")
    _add_yes(clear)
    actions.add_parser(
        "url", help='its URL with the password: redis-cli -u "$(python start_system.py redis url)"'
    )
    actions.add_parser("users", help="lines for redis-cli that make our users on a server of yours")
    actions.add_parser("dead", help="list the entries that could not be read, with the reason")


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")
