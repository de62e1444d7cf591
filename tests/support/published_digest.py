"""A digest of all that an exchange publishes about a drawn flow.

`python -m tests.support.published_digest SEED COUNT` prints it as the modules make it when none of
them is compiled, and whether one of them was.
"""

import sys
from hashlib import blake2b
from importlib import import_module
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.exchange import Exchange

BATCH_SIZE = 50


def digest_flow(seed: int, count: int) -> str:
    """Return the digest of the commits' journal values and of the replies.

    The exchange keeps a ledger.
    """
    from engine.exchange.own_entries import make_configuration
    from protocol.limits import TradingLimits
    from tests.support.exchange import Exchange
    from tests.support.faults_flow import draw_flow
    from tests.support.ledgers import make_ledger

    digest = blake2b(digest_size=16)
    exchange, flow = Exchange(), draw_flow(seed, count)
    flow[0] = make_configuration(TradingLimits(), make_ledger(USDT="5000"))
    for first in range(0, count, BATCH_SIZE):
        exchange.send(*flow[first : first + BATCH_SIZE])
    _let_timers_ring(exchange)
    for batch in exchange.batches:
        for value in (*batch.to_journal_entry().to_fields(), *batch.to_replies().values()):
            digest.update(value)
    return digest.hexdigest()


def _let_timers_ring(exchange: "Exchange") -> None:
    """Cancel what two accounts have: all of one, and of the other all but waiting stops."""
    from engine.exchange.own_entries import make_timer_entry

    timer = {"command": "cancel_after", "seconds": 1}
    exchange.send(timer | {"account": "alice"})
    exchange.send(timer | {"account": "bob", "scope": "except_stops"})
    exchange.now += 2_000_000
    exchange.send(make_timer_entry(exchange.now))


def prefer_sources() -> None:
    """Have each import from now on take a module's source, even if it is compiled."""
    loaders = (SourceFileLoader, [".py"]), (ExtensionFileLoader, EXTENSION_SUFFIXES)
    sys.path_hooks.insert(0, FileFinder.path_hook(*loaders))
    sys.path_importer_cache.clear()
    handler = import_module("engine.order_path.handler")
    setattr(handler, "open_path", lambda _: None)  # noqa: B010 - it is no name of the module's own


if __name__ == "__main__":
    prefer_sources()
    digest = digest_flow(int(sys.argv[1]), int(sys.argv[2]))
    names = ("engine.order_path.handler", "engine.exchange.orders")
    is_compiled = any(not str(sys.modules[name].__file__).endswith(".py") for name in names)
    sys.stdout.write(f"{digest} {is_compiled}\n")
