"""Which runs of the suite are spread over workers."""

import pytest

from tests.support.units import find_unit
from tests.support.workers import SPREAD, choose_workers, count_workers

SPREAD_OVER_WORKERS = ["-n", str(count_workers()), *SPREAD]
HERE = "tests/unit/test_workers.py"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-x"],
        ["-q", "tests/unit"],
        ["-k", "cancel"],
        [HERE, "tests/unit/test_settings.py"],
        ["tests/property", "--commands", "10000"],
    ],
    ids=" ".join,
)
def test_many_tests_are_spread(arguments: list[str]) -> None:
    assert choose_workers(arguments) == SPREAD_OVER_WORKERS


@pytest.mark.parametrize(
    "arguments",
    [
        [HERE],
        ["-x", f"{HERE}::test_many_tests_are_spread"],
        ["--pdb"],
        ["-s", "tests/unit"],
        ["--collect-only"],
        ["-n", "7"],
        ["-n0"],
        ["--numprocesses=2", "--dist", "load"],
        ["-p", "no:xdist"],
    ],
    ids=" ".join,
)
def test_one_file_and_what_the_user_says_are_left_alone(arguments: list[str]) -> None:
    assert choose_workers(arguments) == []


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("tests/system/test_a.py::test_b[c::d]", "tests/system/test_a.py"),
        ("tests/unit/engine/core/test_a.py::test_b", "tests/unit/engine/core/test_a.py"),
        ("tests/property/test_a.py::test_b[c]", "tests/property/test_a.py::test_b[c]"),
        (
            "tests/integration/engine/test_a.py::test_b",
            "tests/integration/engine/test_a.py::test_b",
        ),
    ],
)
def test_units_are_files_or_single_tests_that_take_long(name: str, unit: str) -> None:
    assert find_unit(name) == unit
