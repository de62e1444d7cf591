"""`python -m participants`: have a population trade in a running exchange, until Ctrl-C.

`python -m participants replay FILE…` plays a recorded market there instead, and `python -m
participants report` tells how real a flow is.
"""

import argparse
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from threading import Event

import httpx
import msgspec

from goquant.testing.connection import Connection
from participants.asking import Ask, Json
from participants.making import FlowSource, make_flow
from participants.markets import load_market
from participants.replay import command_line as replay_command
from participants.report import command_line as report_command
from protocol.decimals import is_decimal
from protocol.headers import ACCOUNT_HEADER

REQUEST_SECONDS = 30.0
PAUSE_SECONDS = 1.0
"""After a request that was refused or not answered: the exchange may be starting, or be full."""
_PASSING = frozenset({429, 503})


def main() -> int:
    """Run the command; return 1 if what it was given cannot be used."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _parse_arguments()
    try:
        with _connect(options.gateway) as ask:
            return options.run(ask, options)  # type: ignore[no-any-return]
    except (ValueError, OSError, httpx.HTTPError) as error:
        sys.stderr.write(f"participants: {_describe(error)}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def trade(ask: Ask, options: argparse.Namespace) -> int:
    """Have a population trade, until it is asked to stop; then it takes out what it has open.

    What the exchange refuses is tried again.
    """
    market = load_market(options.market)
    if options.start_price is not None:
        market = msgspec.structs.replace(market, start_price=options.start_price)
    run = f"{options.market}-{secrets.token_hex(4)}"

    def make() -> FlowSource:
        return make_flow(ask, market, options.seed, options.symbol, options.path, run)

    _run(make, options.step, _listen_to_stop())
    return 0


def _listen_to_stop() -> Event:
    """Return what is set when the process is asked to end; the second time it ends at once."""
    is_stopping = Event()

    def stop(_number: int, _frame: object) -> None:
        is_stopping.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return is_stopping


def replay(ask: Ask, options: argparse.Namespace) -> int:
    """Play a recorded market. A full exchange is waited for: the names of orders are known."""

    def ask_until_taken(method: str, path: str, body: Json | None, account: str) -> Json:
        while True:
            try:
                return ask(method, path, body, account)
            except httpx.HTTPStatusError as error:
                if error.response.status_code not in _PASSING:
                    raise
            time.sleep(PAUSE_SECONDS)

    return replay_command.replay_files(ask_until_taken, options)


def report(ask: Ask, options: argparse.Namespace) -> int:
    """Tell how real the exchange's flow is."""
    url = options.market_data
    with httpx.Client(base_url=url, timeout=REQUEST_SECONDS, trust_env=False) as http:

        def ask_market(path: str) -> Json:
            content: Json = http.get(path).raise_for_status().json()
            return content

        return report_command.report_flow(ask, ask_market, options)


@contextmanager
def _connect(gateway: str) -> Iterator[Ask]:
    connection = Connection(gateway, REQUEST_SECONDS)

    def ask(method: str, path: str, body: Json | None, account: str) -> Json:
        headers = {ACCOUNT_HEADER: account, "Content-Type": "application/json"}
        content = None if body is None else msgspec.json.encode(body)
        answer = connection.ask(method, path, content, headers).raise_for_status()
        return answer.read_json()

    try:
        yield ask
    finally:
        connection.close()


def _run(make: Callable[[], FlowSource], seconds: float, is_stopping: Event) -> None:
    """Step until a stop; a step that took longer than it should is followed by the next at once."""
    flow: FlowSource | None = None
    due = time.monotonic()
    while not is_stopping.is_set():
        try:
            flow = flow or make()
            flow.step()
        except httpx.HTTPError as error:
            sys.stderr.write(f"participants: {error}\n")
            is_stopping.wait(PAUSE_SECONDS)
        due = max(due + seconds, time.monotonic())
        is_stopping.wait(max(0.0, due - time.monotonic()))
    if flow is not None:
        flow.stop()


def _read_price(text: str) -> Decimal:
    if not is_decimal(text) or not Decimal(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no price")
    return Decimal(text)


def _describe(error: Exception) -> str:
    """Return the error and, of a refusal, what the exchange says."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error}: {error.response.text}"
    return str(error) or type(error).__name__


def _parse_arguments() -> argparse.Namespace:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--symbol", default="BTC-USDT")
    shared.add_argument("--gateway", default="http://localhost:8000", metavar="URL")
    parser = argparse.ArgumentParser(
        prog="python -m participants", description=trade.__doc__, parents=[shared]
    )
    parser.add_argument("--market", default="demo", help="of markets.toml (demo)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same orders")
    parser.add_argument("--step", type=float, default=1.0, metavar="SECONDS", help="(default 1)")
    parser.add_argument(
        "--path", type=Path, action="append", default=[], metavar="FILE",
        help="trades or candles: what the reference price of a population follows",
    )  # fmt: skip
    parser.add_argument(
        "--start-price", type=_read_price, metavar="PRICE", help="by default the market's own"
    )
    parser.set_defaults(run=trade)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    played = commands.add_parser(
        "replay",
        parents=[shared],
        help="play a recorded market",
        description=replay_command.DESCRIPTION,
    )
    replay_command.add_replay_arguments(played)
    played.set_defaults(run=replay)
    reported = commands.add_parser(
        "report",
        parents=[shared],
        help="how real a flow is",
        description=report_command.DESCRIPTION,
    )
    report_command.add_report_arguments(reported)
    reported.set_defaults(run=report)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
