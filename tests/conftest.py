"""Fixtures of the whole suite."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from launcher.setup.compiled_modules import are_compiled_modules_fresh
from protocol.settings import Settings
from tests.support.redis_client import empty_redis
from tests.support.redis_server import run_redis
from tests.support.topology import begin_topology, end_topology, leave_out
from tests.support.units import UnitScheduling, put_long_ones_first

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")  # what is tested is not how long an example takes

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a script
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started here inherits it


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seed", type=int, default=os.environ.get("TEST_SEED"), help="draws all that is random"
    )
    parser.addoption(
        "--topology",
        metavar="PRIMARIESxNODES",
        help="run on clusters of this shape, such as 3x3, with a shard for each instrument",
    )


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads its own
def pytest_configure(config: pytest.Config) -> None:
    if config.option.seed is not None:
        config.option.hypothesis_seed = config.option.seed
    try:
        begin_topology(config.option.topology)
    except ValueError as error:
        pytest.exit(f"--topology {error}", 4)


def pytest_unconfigure() -> None:
    end_topology()


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """Of the first random flow: a new one each time, unless one is given; what fails prints it."""
    given = pytestconfig.option.seed
    return SystemRandom().randrange(2**32) if given is None else int(given)


def pytest_sessionstart() -> None:
    """A compiled module that is older than its source would be tested in its stead."""
    if not are_compiled_modules_fresh():
        pytest.exit(
            "compiled modules are not of these sources: python setup.py build_ext --inplace", 4
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests of a worker, and mark those that are not for the topology."""
    leave_out(items)
    if hasattr(config, "workerinput"):
        put_long_ones_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Spread files over workers as `tests.support.units` says; a user's other choice stands."""
    return UnitScheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment nor a file `.env` sets anything."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the suite's own server."""
    folder: Path = tmp_path_factory.mktemp("redis")
    with run_redis(folder) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """URL of the suite's own server, emptied."""
    empty_redis(redis_server)
    return redis_server
