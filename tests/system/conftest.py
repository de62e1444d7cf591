"""One running exchange for the tests that only use it."""

from collections.abc import Iterator

import pytest

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
