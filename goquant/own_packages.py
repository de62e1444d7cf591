"""Tell whether another package of the same name stands in the way of one of the project's.

A user's folder may have a `protocol.py` of its own, and Python would import that one.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def require_own_package(name: str) -> None:
    """Raise ImportError if `import name` does not find the package beside `goquant`."""
    found = _find_file(name)
    if found is None:
        raise ImportError(
            f"goquant needs its package {name!r}, which is not in {_ROOT}: install goquant again",
            name=name,
        )
    if Path(found).resolve() != _ROOT / name / "__init__.py":
        raise ImportError(
            f"goquant needs its own package {name!r}, but {found} stands in the way: rename it, or"
            f" take it off Python's path (the package that is needed is {_ROOT / name})",
            name=name,
            path=found,
        )


def _find_file(name: str) -> str | None:
    """Return the file that `import name` runs, or has run."""
    if name in sys.modules:
        return getattr(sys.modules[name], "__file__", None)
    specification = find_spec(name)
    return specification.origin if specification else None
