"""Choose which of the two cores serves, once, at import."""

import os
import warnings
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .compiled.matcher import Matcher as MatcherType

MODULES = {"cython": "engine.core.compiled.matcher", "python": "engine.core.reference.matcher"}
BUILD = "python setup.py build_ext --inplace (needs a C compiler and Python's headers)"


def load_matcher(choice: str | None) -> tuple[str, "type[MatcherType]"]:
    """Load a core and return its name and `Matcher`; `choice` is a name, or None for the best.

    Raises ImportError if there is no core of that name, or the chosen one was not built.
    """
    if choice is not None and choice not in MODULES:
        raise ImportError(f"ENGINE_CORE must be cython or python, not {choice!r}")
    name = choice or "cython"
    try:
        return name, import_module(MODULES[name]).Matcher
    except ImportError as error:
        if choice is not None:
            raise ImportError(f"ENGINE_CORE={choice}, but that core is missing: {BUILD}") from error
    message = f"the compiled core is missing, orders are matched in slow plain Python: {BUILD}"
    warnings.warn(message, RuntimeWarning, stacklevel=2)
    return load_matcher("python")


IMPLEMENTATION, _matcher = load_matcher(os.environ.get("ENGINE_CORE") or None)

if TYPE_CHECKING:
    Matcher = MatcherType
else:
    Matcher = _matcher
