"""The sub-commands that look back: `verify`, `show` and `digest`."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence

from engine.audit.digest import compute_digest
from engine.audit.findings import Findings
from engine.audit.record import Record, RecordUnavailable, open_records
from engine.audit.show import NotThere, show_book
from engine.audit.transfers import Crossing, compare_shards
from engine.audit.verify import Report, verify_record
from engine.storage.journal import JournalDamaged
from engine.storage.redis_client import find_redis_url
from protocol.decimals import format_amount
from protocol.settings import Settings

CHECKED = """\
Checked at every commit: sequences, stamps, elapsed time and the chain of each channel; the
replay's state hash and the bytes published on each channel; every command answered; timers that
fire when they are due; trade and update ids; price-time priority, no trade-through; price and
quantity the same for taker, maker and public; quantity = filled + remaining; every order opened
once and ended at most once; levels = their orders; the book never crossed; the best bid and offer.
At the end: the state's sequences; the open orders of reports, engine and core; the books. With a
ledger: what there is of each asset is what came in, nothing below zero if checked, each commission;
what is locked is what orders hold."""
CHECKED_BETWEEN = """\
Checked between the shards: each transfer is numbered, sent and received once, and comes as it was
sent; what all shards have of each asset, and what is on its way, is what came in."""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a command line that is not empty; `command` is None, `verify`, `show` or `digest`."""
    parser = argparse.ArgumentParser(
        prog="python -m engine", description="Without a command: serve."
    )
    parser.add_argument(
        "--shard",
        type=int,
        metavar="N",
        help="serve shard N, 1 if it is left out; with a command: look at that one alone",
    )
    parser.add_argument(
        "--standby",
        action="store_true",
        help="follow the journal while another engine serves, and serve once that is gone",
    )
    commands = parser.add_subparsers(dest="command")
    verify = commands.add_parser("verify", help="replay and audit everything that is stored")
    show = commands.add_parser("show", help="print the book as it was at a sequence")
    show.add_argument("--sequence", type=int, required=True, metavar="N")
    show.add_argument("--symbol", required=True)
    show.add_argument("--depth", type=int, default=20, help="levels of each side (default 20)")
    digest = commands.add_parser("digest", help="print one number for all that has happened")
    for command in (verify, show, digest):
        command.add_argument("--redis", metavar="URL", help="instead of the running system's")
    return parser.parse_args(arguments)


def look_back(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the sub-command; return 1 if it found something, 2 if the record cannot be read."""
    try:
        url = arguments.redis or find_redis_url(settings)
        with open_records(url, [arguments.shard] if arguments.shard else ()) as records:
            if arguments.command == "show":
                return run_show(choose_record(records, arguments.symbol), arguments)
            if arguments.command == "verify":
                return run_verify(records)
            return max([run_digest(record, is_one=len(records) == 1) for record in records])
    except (RecordUnavailable, NotThere, JournalDamaged, OSError, ValueError) as error:
        sys.stderr.write(f"engine: {error}\n")
        return 2


def choose_record(records: Sequence[Record], symbol: str) -> Record:
    """Choose the record of the shard that trades a symbol, the first one if none does."""
    for record in records:
        if any(instrument.symbol == symbol for instrument in record.instruments):
            return record
    return records[0]


def run_verify(records: Sequence[Record]) -> int:
    """Verify each shard, and what is between them, and print it; return 1 if something was found.

    If there is one shard, nobody has to be told which it is.
    """
    reports = []
    for record in records:
        reports.append(verify_record(record))
        if len(records) > 1:
            _print(iter([f"shard {record.shard}"]))
        _print(_format_report(reports[-1]))
    total = sum(report.findings_total for report in reports)
    return 1 if total + (_verify_between(records, reports) if len(reports) > 1 else 0) else 0


def _verify_between(records: Sequence[Record], reports: Sequence[Report]) -> int:
    """Compare the shards with each other, and print it; return how much was found."""
    findings = Findings()
    crossing = compare_shards(records, [report.verified for report in reports], findings)
    _print(_format_crossing(crossing, reports[0].verified.places))
    _print(f"FINDING: {finding.rule}: {finding.detail}" for finding in findings.kept)
    return findings.total


def _format_crossing(crossing: Crossing, places: Mapping[str, int]) -> Iterator[str]:
    yield "between the shards"
    yield f"  {'transfers sent':<24}{crossing.sent:>14,}"
    yield f"  {'transfers received':<24}{crossing.received:>14,}"
    for asset, decimals in places.items():
        there = format_amount(crossing.there.get(asset, 0), decimals)
        on_way = format_amount(crossing.on_way.get(asset, 0), decimals)
        yield f"  {asset}: {there} on all shards, {on_way} on the way"
    yield CHECKED_BETWEEN


def run_digest(record: Record, *, is_one: bool) -> int:
    """Print the digest of a shard, with the shard's number if there are others."""
    shard = "" if is_one else f"shard {record.shard}: "
    _print(iter([shard + compute_digest(record)]))
    return 0


def run_show(record: Record, arguments: argparse.Namespace) -> int:
    """Print the book; raise NotThere or JournalDamaged if it cannot be rebuilt."""
    symbol, depth = arguments.symbol, arguments.depth
    _print(show_book(record, arguments.sequence, symbol, depth))
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
