"""Which core serves, and what is said when it cannot."""

import sys

import pytest

from engine.core import implementation
from engine.core.reference.matcher import Matcher as Reference


def served(choice: str | None) -> tuple[str, str]:
    """Name and module of the core that a choice leads to."""
    name, matcher = implementation.load_matcher(choice)
    return name, matcher.__module__


@pytest.fixture
def no_compiled_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "engine.core.compiled.matcher", None)


def test_python_can_be_forced() -> None:
    assert served("python") == ("python", Reference.__module__)


def test_an_unknown_choice_is_an_import_error() -> None:
    with pytest.raises(ImportError, match="must be cython or python, not 'rust'"):
        implementation.load_matcher("rust")


@pytest.mark.usefixtures("no_compiled_core")
def test_a_forced_compiled_core_that_is_missing_says_how_to_build_it() -> None:
    with pytest.raises(ImportError, match=r"ENGINE_CORE=cython.*setup.py build_ext"):
        implementation.load_matcher("cython")


@pytest.mark.usefixtures("no_compiled_core")
def test_plain_python_serves_with_a_warning_where_nothing_was_built() -> None:
    with pytest.warns(RuntimeWarning, match="matched in slow plain Python"):
        assert served(None) == ("python", Reference.__module__)
