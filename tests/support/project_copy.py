"""A copy of the project in the build folder, in which it is compiled otherwise."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copy, copytree, ignore_patterns, rmtree
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
_FOLDERS: Final = (
    *("archive", "benchmark", "cluster", "edge", "engine", "examples", "launcher", "order_gateway"),
    *("protocol", "tests"),
)


class ProjectCopy:
    """What is compiled, and its tests that need no more, under `build/<name>`."""

    def __init__(self, name: str) -> None:
        self.folder = ROOT / "build" / name

    def make(self) -> None:
        """Copy the sources as they are now."""
        rmtree(self.folder, ignore_errors=True)
        ignored = ignore_patterns("*.so", "*.c", "__pycache__", "integration", "system", "browser")
        for name in _FOLDERS:
            copytree(ROOT / name, self.folder / name, ignore=ignored)
        for name in ("setup.py", "pyproject.toml", "README.md", "instruments.toml"):
            copy(ROOT / name, self.folder)

    def run(self, *command: str, python: str = sys.executable, **environment: str) -> int:
        """Run Python there; return the exit status."""
        settings = {**os.environ, "ENGINE_CORE": "cython", **environment}
        return subprocess.run([python, *command], cwd=self.folder, env=settings).returncode
