"""`python -m benchmark`: lists the measurements."""

import ast
from collections.abc import Iterator
from pathlib import Path

import launcher.setup.python_version  # noqa: F401  # stops a Python that is too old, with one line

FOLDER = Path(__file__).parent
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
    for path in sorted(FOLDER.glob("*.py")):
        source = path.read_text()
        if not path.stem.startswith("_") and "__main__" in source:
            text = ast.get_docstring(ast.parse(source)) or ""
            is_script = path.stem == "performance_test"
            command = f"benchmark/{path.name}" if is_script else f"-m benchmark.{path.stem}"
            yield f"python {command}", text.partition("\n")[0]
            for options, purpose in FURTHER.get(path.stem, {}).items():
                yield f"python {command} {options}", purpose


if __name__ == "__main__":
    for command, purpose in list_measurements():
        print(f"{command:<56} {purpose}")
