"""Which tests run in one worker: those of a file.

What is started for many tests (a system, a browser, a database) is started once in each worker that
has such tests. Where tests share nothing but take long, each goes wherever there is time.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

LONG_FIRST = ("system", "property", "browser", "integration")
APART = ("tests/property/", "tests/integration/engine/")


class UnitScheduling(LoadScopeScheduling):  # type: ignore[misc]  # without stubs
    """The tests of a unit run in one worker, one after another."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return find_unit(nodeid)


def find_unit(name: str) -> str:
    """The unit of the test of that name."""
    return name if name.startswith(APART) else name.partition("::")[0]


def put_long_ones_first(items: list[pytest.Item]) -> None:
    """Short tests fill what is left at the end: no worker has much to do while others wait."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    ranks = [LONG_FIRST.index(part) for part in item.path.parts if part in LONG_FIRST]
    return ranks[-1] if ranks else len(LONG_FIRST)
