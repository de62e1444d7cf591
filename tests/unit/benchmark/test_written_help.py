import sys
from pathlib import Path

import pytest

import benchmark
from benchmark.written_help import describe_measurement, list_options

FOLDER = Path(benchmark.__file__).parent
MEASUREMENTS = sorted(path.parent.name for path in FOLDER.glob("*/__main__.py"))


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_help_that_needs_no_package_says_what_a_measurement_is_for(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-m", f"benchmark.{name}", "--help"])
    output = describe_measurement()
    assert output.startswith(f"usage: python -m benchmark.{name} [options]\n")
    assert "None" not in output


def test_its_options_are_those_of_the_source() -> None:
    options = dict(list_options(FOLDER / "core"))
    assert options["--rounds"] == "the medians are over so many"
    assert "--large" in options
