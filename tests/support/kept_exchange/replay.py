"""Handles a kept journal's commands once more and compares every byte that they lead to."""

import json
import os
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path
from typing import cast

from engine.core import IMPLEMENTATION
from engine.exchange.exchange import Exchange
from engine.exchange.levels import Level
from engine.exchange.stored import StoredEngine, decode_engine
from engine.order_path.handler import Handler
from launcher.setup.environment import ROOT
from protocol import channels, codec
from protocol.snapshot import decode_snapshot, encode_snapshot
from tests.support.kept_exchange.figures import digest
from tests.support.kept_exchange.files import History, Json, KeptEntry, read_history

OURS = ("engine", "protocol")

_START = "from tests.support.kept_exchange.replay import print_replay as run; run()"
_WITHOUT_COMPILED = "from tests.support.published_digest import prefer_sources as run; run()"


def run_replay(folder: Path, core: str) -> Json:
    """What `replay_history` says in a process of its own, on one of the two cores.

    With the core "python" nothing that is compiled has a part in it.
    """
    program = _START if core == "cython" else f"{_WITHOUT_COMPILED}; {_START}"
    answer = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env={**os.environ, "ENGINE_CORE": core},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return cast("Json", json.loads(answer.stdout))


def print_replay() -> None:
    """The replay of the history in the folder that the command line names, as JSON."""
    json.dump(replay_history(read_history(Path(sys.argv[1]))), sys.stdout)


def replay_history(history: History) -> Json:
    """Figures of the exchange after its last command.

    Raises AssertionError at the first commit that leads to another byte than it did.
    """
    exchange = make_exchange(history)
    handler = Handler(exchange)
    for entry in history.entries:
        replay_entry(handler, entry)
        if exchange.sequence in history.snapshots:
            made = encode_snapshot(exchange.export())
            assert made == history.snapshots[exchange.sequence], f"snapshot at {exchange.sequence}"
    return {
        "core": IMPLEMENTATION,
        "compiled": list_compiled(),
        "saved_core": digest([exchange.matcher.save()]),
        "saved_exchange": digest([encode_snapshot(exchange.export())]),
    }


def make_exchange(history: History) -> Exchange:
    """The exchange before its first command."""
    return Exchange(
        history.make_instruments(),
        bytes.fromhex(history.read_state(channels.STATE_ID_KEY)),
        int(history.read_state(channels.STATE_CLOSED_ORDERS)),
        Level.FIRST,
    )


def read_stored_engine(raw: bytes) -> StoredEngine:
    """The engine's own part of a snapshot."""
    return decode_engine(decode_snapshot(raw).engine)


def replay_entry(handler: Handler, entry: KeptEntry) -> None:
    """Handle a commit's commands; raises AssertionError if they lead to anything else."""
    commit = entry.read()
    commands = codec.split_entries(commit.commands)
    batch = handler.handle(commands, commit.timestamp, commit.elapsed, max_size=None)
    assert batch.sequence == commit.sequence
    made = batch.to_journal_entry().to_fields()
    if made != entry.fields:
        raise AssertionError(f"commit {entry.id!r}: {_describe_difference(entry.fields, made)}")


def list_compiled() -> list[str]:
    """Our modules that are imported in their compiled form."""
    return sorted(
        name
        for name, module in sys.modules.items()
        if name.partition(".")[0] in OURS
        and not str(getattr(module, "__file__", None) or ".py").endswith(".py")
    )


def _describe_difference(kept: list[bytes], made: list[bytes]) -> str:
    pairs = enumerate(zip_longest(kept, made, fillvalue=b""))
    place, (before, now) = next(item for item in pairs if item[1][0] != item[1][1])
    name = (kept if place < len(kept) else made)[place - place % 2].decode()
    start = next((at for at, (a, b) in enumerate(zip_longest(before, now)) if a != b), 0)
    was, is_now = _cut(before, start), _cut(now, start)
    return f"{name} differs at byte {start}: it was {was!r}, now it is {is_now!r}"


def _cut(value: bytes, start: int) -> bytes:
    return value[max(0, start - 60) : start + 120]
