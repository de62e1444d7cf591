"""The sub-commands that look back: `verify` and `show`."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from engine.audit.history import History, HistoryUnavailable, open_history
from engine.audit.show import NotThere, show_book
from engine.audit.verify import Report, verify_history
from engine.storage.connection import find_redis_url
from engine.storage.journal import JournalDamaged
from protocol.settings import Settings

CHECKED = """\
Checked at every commit: sequences, stamps and the chain of each channel; the replay's state
hash and the bytes published on each channel; every command answered; trade and update ids;
price-time priority, no trade-through; price and quantity the same for taker, maker and public;
quantity = filled + remaining; every order opened once and ended at most once; levels = their
orders; the book never crossed; the best bid and offer. At the end: the state's sequences; the
open orders of reports, engine and core; the books."""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """`command` is None for the engine itself, else `verify` or `show`."""
    parser = argparse.ArgumentParser(
        prog="python -m engine", description="Without a command: serve."
    )
    commands = parser.add_subparsers(dest="command")
    verify = commands.add_parser("verify", help="replay and audit everything that is stored")
    show = commands.add_parser("show", help="print the book as it was at a sequence")
    show.add_argument("--sequence", type=int, required=True, metavar="N")
    show.add_argument("--symbol", required=True)
    show.add_argument("--depth", type=int, default=20, help="levels of each side (default 20)")
    for command in (verify, show):
        command.add_argument("--redis", metavar="URL", help="instead of the running system's")
    return parser.parse_args(arguments)


def look_back(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the sub-command; exit status 1 for a finding, 2 where the past is not to be had."""
    try:
        with open_history(arguments.redis or find_redis_url(settings)) as history:
            if arguments.command == "verify":
                return run_verify(history)
            return run_show(history, arguments)
    except (HistoryUnavailable, NotThere, JournalDamaged, OSError, ValueError) as error:
        sys.stderr.write(f"engine: {error}\n")
        return 2


def run_verify(history: History) -> int:
    """Print the report; 1 where something was found."""
    report = verify_history(history)
    _print(_format_report(report))
    return 1 if report.findings_total else 0


def run_show(history: History, arguments: argparse.Namespace) -> int:
    """Print the book; raises NotThere or JournalDamaged where it is not to be had."""
    symbol, depth = arguments.symbol, arguments.depth
    _print(show_book(history, arguments.sequence, symbol, depth))
    return 0


def _format_report(report: Report) -> Iterator[str]:
    start = f"the snapshot at {report.start}" if report.start else "the start"
    yield f"sequences {report.start + 1} to {report.sequence}, replayed from {start}"
    numbers = {
        "commits": report.commits,
        "orders accepted": report.accepted,
        "orders rejected": report.rejected,
        "orders ended": report.ended,
        "orders open at the end": report.open,
        "commands refused": report.refused,
        "trades": report.trades,
        "book updates": report.updates,
        "snapshots compared": report.snapshots,
    }
    for name, number in numbers.items():
        yield f"  {name:<24}{number:>14,}"
    yield CHECKED
    for finding in report.findings:
        yield f"FINDING at sequence {finding.sequence}: {finding.rule}: {finding.detail}"
    if report.findings_total > len(report.findings):
        yield f"and {report.findings_total - len(report.findings)} more"
    speed = (report.sequence - report.start) / report.seconds if report.seconds else 0
    yield f"{report.findings_total} findings in {report.seconds:.2f} s ({speed:,.0f} commands/s)"


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
