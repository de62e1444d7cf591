"""A recorded hour in a running exchange, with a bot that quotes inside the spread."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import goquant
from benchmark.shared.figures import Figures
from goquant.testing.exchange import Exchange
from goquant.testing.launching import find_memory
from launcher.setup.environment import ROOT
from participants.formats.commands import read_commands
from participants.replay.replay import Replay
from protocol.instrument import Instrument, InstrumentSpecification
from tests.support.recorded_fills import find_unexplained, quote_inside

SYMBOL = "SOL-USDT"
_BOT = "bot"
_SHOWN = 10


def play_hour(file: Path, seconds: float | None) -> tuple[Figures, bool]:
    """Play a file of commands, all or `seconds` of it; return figures, and whether all is right."""
    memory = find_memory()
    with (
        tempfile.TemporaryDirectory(dir=memory) as folder,
        goquant.exchange(data_dir=folder) as exchange,
    ):
        exchange.account(_BOT, USDT="10000000", SOL="10000")
        replay = exchange.replay(file, symbol=SYMBOL)
        started = time.monotonic()
        _play(exchange, replay, seconds)
        elapsed = time.monotonic() - started
        outcome = replay.compare()
        for line in outcome.describe():
            print(line)
        fills, recorded = exchange.fills(_BOT), exchange.fills("recorded")
        terms = exchange.ask("GET", f"/v1/instruments/{SYMBOL}")
        instrument = _make_instrument(terms["tick_size"], terms["lot_size"])
        wrong = list(find_unexplained(fills, recorded, read_commands(file, instrument), instrument))
        print(*wrong[:_SHOWN], sep="\n")
        audit = _verify(Path(folder))
    figures: Figures = {
        "commands": replay.records,
        "seconds": elapsed,
        "fills of the bot": len(fills),
        "of them not explained": len(wrong),
        "findings of the auditor": audit,
    }
    return figures, not wrong and not audit and outcome.with_others == len(fills) > 0


def _play(exchange: Exchange, replay: Replay, seconds: float | None) -> None:
    """Play to the end; the bot quotes anew, and the manual clock moves on, once a second."""
    while not replay.is_done and (seconds is None or replay.position < seconds):
        replay.step()
        exchange.ask("POST", "/v1/admin/clock", {"advance": "1s"})
        quote_inside(exchange, _BOT, SYMBOL)


def _make_instrument(tick_size: str, lot_size: str) -> Instrument:
    base, _, quote = SYMBOL.partition("-")
    return Instrument(InstrumentSpecification(SYMBOL, base, quote, tick_size, lot_size), 0)


def _verify(folder: Path) -> int:
    """Have the auditor look at all that is stored; return 0 if it finds nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "engine", "verify"],
        cwd=ROOT, env=os.environ | {"DATA_DIR": str(folder)}, check=False,
    )  # fmt: skip
    return done.returncode
