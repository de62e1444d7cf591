"""Runs a client's recipe, as its users copy it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Names = dict[str, Any]


def run_recipes(scenario: Callable[[Names, Names], None]) -> None:
    """Run the recipes of both accounts, and the scenario with the names that they define."""
    mine, other = (run_recipe(Path(file)) for file in sys.argv[1:3])
    scenario(mine, other)
    print("done")  # noqa: T201


def run_recipe(file: Path) -> Names:
    """Return the names that a recipe defines."""
    names: Names = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    return names


def expect(error: type[Exception], action: Callable[[], object]) -> Exception:
    """Return the error that an action ends with, which must be of exactly this class."""
    try:
        action()
    except error as raised:
        if type(raised) is not error:
            raise
        return raised
    raise AssertionError(f"no {error.__name__}")
