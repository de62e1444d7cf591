"""Options of the differential runs: `pytest tests/property --commands 10000000 --seed 7`."""

from random import SystemRandom

import pytest

COMMANDS = 1_050_000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--commands", type=int, default=COMMANDS, help="random commands in all")
    parser.addoption("--seed", type=int, default=None, help="seed of the first random flow")


@pytest.fixture(scope="session")
def command_count(pytestconfig: pytest.Config) -> int:
    """How many random commands the differential runs share."""
    return int(pytestconfig.getoption("commands", COMMANDS))


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """A new seed each time, unless one is given; failing tests print it."""
    given = pytestconfig.getoption("seed", None)
    return SystemRandom().randrange(2**32) if given is None else int(given)
