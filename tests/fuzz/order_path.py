"""Send what the fuzzer makes both ways: a difference, or what the sanitizer finds, ends it.

An input is the entries of one batch, with a zero between them, which no entry has.
"""

import sys
from pathlib import Path

import atheris

from tests.property.test_order_path import draw_plain_flow
from tests.support.both_ways import BothWays
from tests.support.faults_flow import draw_flow

SEPARATOR = b"\0"
ENTRIES = 12
"""Most of one input: the shortest that differ are the easiest to read."""
BEFORE = draw_flow(1, 60)
"""There are orders that the entries can be about."""


def run_input(raw: bytes) -> None:
    """Take an input as the next batch of an exchange that has begun."""
    entries = raw.split(SEPARATOR)[:ENTRIES]
    has_limits = len(raw) % 2 == 1
    both = BothWays(has_ledger=True, has_limits=has_limits)
    both.send(*BEFORE)
    both.send(*entries)
    both.compare_states()


def write_seeds(folder: Path) -> None:
    """Write inputs to begin with: each kind of entry, one by one and together."""
    folder.mkdir(parents=True, exist_ok=True)
    flow = [entry for entry in draw_plain_flow(2) if SEPARATOR not in entry][:1200]
    for number in range(0, len(flow), 4):
        (folder / f"seed-{number}").write_bytes(SEPARATOR.join(flow[number : number + 4]))


if __name__ == "__main__":
    write_seeds(Path(sys.argv[1]))
    atheris.Setup(sys.argv, run_input)
    atheris.Fuzz()
