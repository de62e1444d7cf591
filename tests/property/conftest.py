"""Options of the differential runs: `pytest tests/property --commands 10000000 --seed 7`."""

import pytest

COMMANDS = 1_050_000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--commands", type=int, default=COMMANDS, help="random commands in all")


@pytest.fixture(scope="session")
def command_count(pytestconfig: pytest.Config) -> int:
    """How many random commands the differential runs share."""
    return int(pytestconfig.getoption("commands", COMMANDS))
