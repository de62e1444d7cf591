"""`python -m engine` with a core that brings the process down at each order for ETH-USDT."""

import os
import sys

from engine.__main__ import main
from engine.exchange.entries import read_entry
from engine.exchange.levels import Level
from engine.order_path import handler
from protocol.commands import QueueEntry


def _crash(raw: bytes, level: Level) -> QueueEntry:
    entry = read_entry(raw, level)
    if entry.symbol == "ETH-USDT":
        os.abort()
    return entry


if __name__ == "__main__":
    setattr(handler, "read_entry", _crash)  # noqa: B010 - it is no name of the module's own
    setattr(handler, "open_path", lambda _: None)  # noqa: B010 - which would not pass there
    sys.exit(main())
