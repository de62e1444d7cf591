"""Every golden scenario on both cores; `tests/support/core_scenarios.py` explains the files."""

from difflib import ndiff
from pathlib import Path

import pytest

from tests.support.core_implementations import CORES, matcher_class
from tests.support.core_scenarios import Scenario, read_scenarios, replay

SCENARIOS = [
    pytest.param(scenario, id=f"{path.stem}: {scenario.name}")
    for path in sorted(Path(__file__).parent.glob("*.txt"))
    for scenario in read_scenarios(path)
]


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: Scenario, core: str) -> None:
    happened = replay(scenario.text, matcher_class(core)())
    expected = scenario.text.splitlines()
    assert happened == scenario.text, "\n" + "\n".join(ndiff(expected, happened.splitlines()))


def test_there_are_at_least_eighty_scenarios_with_names_of_their_own() -> None:
    names = [param.id for param in SCENARIOS]
    assert len(set(names)) == len(names) >= 80
