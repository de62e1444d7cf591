"""The two cores, for tests that run on both."""

from importlib import import_module
from shutil import which
from typing import Final

import pytest

from engine.core import Matcher
from engine.core.implementation import MODULES

CORES: Final = tuple(MODULES)


def matcher_class(name: str) -> type[Matcher]:
    """Return the `Matcher` of a core; skip the test if it cannot be built here."""
    if name == "cython" and not (which("cc") or which("gcc") or which("clang")):
        pytest.skip("no C compiler, so that there is no compiled core")
    matcher: type[Matcher] = import_module(MODULES[name]).Matcher
    return matcher
