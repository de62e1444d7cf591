"""The help of a measurement as its source has it, for a Python that lacks what it imports."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path


def describe_measurement() -> str:
    """Return what the measurement after `-m` is for, and its options."""
    module = sys.orig_argv[sys.orig_argv.index("-m") + 1]
    folder = Path(__file__).parent / module.removeprefix("benchmark.").replace(".", "/")
    purpose = ast.get_docstring(ast.parse((folder / "__main__.py").read_text()))
    options = [f"  {name:<22}{text}".rstrip() for name, text in list_options(folder)]
    usage = f"usage: python -m {module} [options]\n\n{purpose}"
    return "\n".join([usage, "\noptions:", *options] if options else [usage])


def list_options(folder: Path) -> Iterator[tuple[str, str]]:
    """Each argument that a module of `folder` adds to a parser, with the text of its help."""
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".add_argument"):
                purposes = [word.value for word in node.keywords if word.arg == "help"]
                yield _read_text(node.args[:1]), _read_text(purposes)


def _read_text(nodes: list[ast.expr]) -> str:
    """Return the text that stands there; nothing if it is computed."""
    return "".join(str(node.value) for node in nodes if isinstance(node, ast.Constant))
