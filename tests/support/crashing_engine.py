"""`python -m engine` with a core that brings the process down at each order for ETH-USDT."""

import os
import sys
from typing import Any

from engine.__main__ import main
from engine.handler import Handler

_original = Handler._make_order


def _crash(self: Handler, entry: Any, *rest: Any) -> Any:
    if entry.symbol == "ETH-USDT":
        os.abort()
    return _original(self, entry, *rest)


if __name__ == "__main__":
    Handler._make_order = _crash  # type: ignore[assignment, method-assign]
    sys.exit(main())
