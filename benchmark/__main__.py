"""`python -m benchmark`: lists the measurements."""

import ast
from collections.abc import Iterator
from pathlib import Path

import launcher.python_version  # noqa: F401  # stops a Python that is too old, with one line

FOLDER = Path(__file__).parent


def list_measurements() -> Iterator[tuple[str, str]]:
    """Each module that can be run, with the first line of its docstring."""
    for path in sorted(FOLDER.glob("*.py")):
        source = path.read_text()
        if not path.stem.startswith("_") and "__main__" in source:
            text = ast.get_docstring(ast.parse(source)) or ""
            is_script = path.stem == "performance_test"
            command = f"benchmark/{path.name}" if is_script else f"-m benchmark.{path.stem}"
            yield f"python {command}", text.partition("\n")[0]


if __name__ == "__main__":
    for command, purpose in list_measurements():
        print(f"{command:<44} {purpose}")
