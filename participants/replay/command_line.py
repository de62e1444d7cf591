"""`python -m participants replay FILE…`: a recorded market in a running exchange."""

import argparse
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from participants.asking import Ask
from participants.replay.control import RULE, Control, follow_lines, serve_control
from participants.replay.pacing import ExchangeClock, run_replay
from participants.replay.replay import ACCOUNT, RATE, Replay, open_replay

DESCRIPTION = f"""Send a recorded market into the exchange, where anybody's orders meet it, and tell
at the end how far book and trades followed the record. While it runs, standard input takes {RULE}.
"""


class _Extent(NamedTuple):
    records: int
    seconds: float


def add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes beside the gateway and the symbol."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="of one record")
    parser.add_argument("--stock", help="of an ITCH file: the one that is played")
    parser.add_argument("--account", default=ACCOUNT, help=f"whose orders they are ({ACCOUNT})")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of the record a second")
    parser.add_argument(
        "--rate", type=float, default=RATE,
        help=f"commands a second of a record that has no times ({RATE:g})",
    )  # fmt: skip
    parser.add_argument(
        "--from", type=float, default=0.0, dest="start", metavar="SECONDS",
        help="begin there, with the book of that time",
    )  # fmt: skip
    parser.add_argument("--paused", action="store_true", help="wait for a `step` or `resume`")
    parser.add_argument(
        "--control-port", type=int, metavar="PORT",
        help="take GET / and POST / there, from this machine alone",
    )  # fmt: skip


def replay_files(ask: Ask, options: argparse.Namespace) -> int:
    """Replay; return 0, or 1 if there is nothing to replay.

    Raises what `ask` raises, and ValueError or OSError for a file that cannot be read.
    """
    replay = open_replay(
        ask, options.files, options.symbol, account=options.account, stock=options.stock,
        rate=options.rate,
    )  # fmt: skip
    extent = _measure(replay)
    if not extent.records:
        sys.stderr.write("participants: the files have nothing to replay\n")
        return 1
    control = Control(options.speed)
    control.is_paused = options.paused
    lines = (sys.stdin, control, tqdm.write)
    threading.Thread(target=follow_lines, args=lines, daemon=True).start()
    if options.control_port is not None:
        serve_control(control, options.control_port)
    if options.start:
        replay.seek(options.start)
    _run(replay, control, ExchangeClock(ask), extent)
    for line in replay.compare().describe():
        sys.stdout.write(f"{line}\n")
    return 0


def _run(replay: Replay, control: Control, clock: ExchangeClock, extent: _Extent) -> None:
    with tqdm(total=extent.records, unit=" records", mininterval=0.5) as bar:

        def tell(replay: Replay) -> None:
            bar.update(replay.records - bar.n)
            bar.set_postfix_str(f"{replay.position:,.1f} of {extent.seconds:,.1f} s", refresh=False)
            control.state = {
                "position_seconds": round(replay.position, 6),
                "records": replay.records,
                "records_in_all": extent.records,
                "seconds_in_all": extent.seconds,
                "speed": control.speed,
                "paused": control.is_paused,
                "done": replay.is_done,
            }

        tell(replay)
        try:
            run_replay(replay, control, clock, tell)
        except KeyboardInterrupt:
            control.is_stopped = True
        tell(replay)


def _measure(replay: Replay) -> _Extent:
    """Read the record once: how long it is, and whether it can be read at all."""
    records, last = 0, 0.0
    for seconds in replay.list_times():
        records, last = records + 1, seconds
    return _Extent(records, last)
