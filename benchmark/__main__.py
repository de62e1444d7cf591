"""`python -m benchmark`: lists the measurements."""

import ast
from collections.abc import Iterator
from pathlib import Path

import launcher.setup.python_version  # noqa: F401  # stops a Python that is too old, with one line

FOLDER = Path(__file__).parent
SCRIPT = FOLDER / "performance_test.py"
FURTHER = {
    "performance_test": {
        "--start --saturate": "The highest rate that a system carries, and what its limit is."
    },
    "engine": {
        "--recovery": "How long an engine takes to come back from a million commands.",
        "--snapshot": "Whom the snapshot of half a million open orders keeps waiting.",
    },
}
"""What else a module measures, by its options."""


def list_measurements() -> Iterator[tuple[str, str]]:
    """Each module that can be run, with the first line of its docstring."""
    for path in sorted([*FOLDER.glob("*/__main__.py"), SCRIPT]):
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        name = path.stem if path == SCRIPT else path.parent.name
        command = f"benchmark/{path.name}" if path == SCRIPT else f"-m benchmark.{name}"
        yield f"python {command}", text.partition("\n")[0]
        for options, purpose in FURTHER.get(name, {}).items():
            yield f"python {command} {options}", purpose


if __name__ == "__main__":
    for command, purpose in list_measurements():
        print(f"{command:<56} {purpose}")
