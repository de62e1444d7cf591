"""Running exchanges for the tests that only use them."""

from collections.abc import Iterator

import pytest

import goquant
from goquant.testing.exchange import Exchange
from launcher.supervision.run_file import RunRecord
from tests.support.launched_system import REAL, LaunchedSystem, launch


@pytest.fixture(scope="package")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    """An exchange started by `start_system.py`, with two gateway workers."""
    folder = tmp_path_factory.mktemp("exchange") / "data"
    with launch(REAL, folder, UVICORN_WORKERS="2") as system:
        system.wait_until_ready()
        yield system


@pytest.fixture
def exchange(launched: LaunchedSystem) -> RunRecord:
    """Its addresses."""
    return launched.record


@pytest.fixture(scope="package")
def bench() -> Iterator[Exchange]:
    """An exchange for the tests of a user's program, as the pytest plugin has it."""
    with goquant.exchange() as exchange:
        yield exchange


@pytest.fixture
def market(bench: Exchange) -> Exchange:
    """The same, empty."""
    bench.reset()
    return bench
