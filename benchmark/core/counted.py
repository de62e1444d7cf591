"""Run packed commands on the core that Python finds: what valgrind counts, here or in a checkout.

    python counted.py FILE SYMBOLS

It imports nothing else, so that it runs with a core of long ago.
"""

import sys
from pathlib import Path

from engine.core import COMMAND_RECORD, Matcher

BATCH = 4096 * COMMAND_RECORD.size

if __name__ == "__main__":
    commands = memoryview(Path(sys.argv[1]).read_bytes())
    matcher = Matcher(int(sys.argv[2]), capacity=1 << 17)
    for start in range(0, len(commands), BATCH):
        matcher.apply(commands[start : start + BATCH])
