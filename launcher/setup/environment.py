"""A Python environment, and whether it has the packages that the project asks for."""

import hashlib
import re
import shutil
import sys
import sysconfig
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
BUILD_FOLDER = ROOT / "build"
LOG_FOLDER = BUILD_FOLDER / "setup"
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^;\s]+)")
_OWN_EXTRAS = re.compile(r"goquant\[(?P<names>[a-z,]+)\]")
_VERSION_LINE = re.compile(r"^version(_info)?\s*=\s*(?P<major>\d+)\.(?P<minor>\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Environment:
    """A virtual environment, or the installation that runs this process."""

    folder: Path

    @classmethod
    def of_this_process(cls) -> Self:
        """Return the environment that runs this process."""
        return cls(Path(sys.prefix))

    @classmethod
    def of_this_folder(cls) -> Self:
        """Return the environment that the set-up makes in the repository."""
        return cls(ROOT / ".venv")

    @property
    def python(self) -> Path:
        """Path of its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def being_made(self) -> Path:
        """Path of the mark that is there while it is made; it outlives what is made."""
        return LOG_FOLDER / f"{self.folder.name}.unfinished"

    @property
    def being_filled(self) -> Path:
        """Path of the mark that is there while packages are installed into it."""
        return self.folder / "goquant-unfinished"

    @property
    def is_this_process(self) -> bool:
        """Whether it runs this process."""
        return self.folder.resolve() == Path(sys.prefix).resolve()

    @property
    def is_complete(self) -> bool:
        """Whether it was made to the end: `activate` is among the last things."""
        is_made = self.python.exists() and (self.folder / "bin" / "activate").exists()
        return is_made and self.python_version != (0, 0) and not self.being_made.exists()

    @property
    def python_version(self) -> tuple[int, int]:
        """Major and minor version of its Python; (0, 0) if it does not say."""
        found = _VERSION_LINE.search(self._read_configuration())
        return (int(found["major"]), int(found["minor"])) if found else (0, 0)

    def has_packages(self, extras: Iterable[str]) -> bool:
        """Return whether this process, which it runs, has what the project and `extras` need.

        In the environment of the repository the project can be imported from any folder, too.
        """
        if self.being_filled.exists() or not are_met(read_requirements(extras)):
            return False
        return not self._is_of_this_folder or (is_project_on_path() and self._has_lock())

    def note_filled(self) -> None:
        """Note that it was filled to the end, from the lock as it is."""
        self._lock_mark.write_text(_digest_lock())
        self.being_filled.unlink()

    @property
    def _is_of_this_folder(self) -> bool:
        return self.folder.resolve() == self.of_this_folder().folder.resolve()

    @property
    def _lock_mark(self) -> Path:
        return self.folder / "goquant-lock"

    def _has_lock(self) -> bool:
        """Return whether it was filled from the lock as it is: another may have other packages."""
        return self._lock_mark.exists() and self._lock_mark.read_text() == _digest_lock()

    def _read_configuration(self) -> str:
        path = self.folder / "pyvenv.cfg"
        return path.read_text() if path.exists() else ""


def are_met(requirements: Iterable[str]) -> bool:
    """Return whether this process has each of the pinned requirements."""
    return all(map(_is_met, requirements))


def is_project_on_path() -> bool:
    """Return whether this Python finds the project from any folder."""
    path_file = _locate_path_file()
    return path_file.exists() and path_file.read_text() == f"{ROOT}\n"


def put_project_on_path() -> None:
    """Let this Python find the project from any folder."""
    _locate_path_file().write_text(f"{ROOT}\n")


def remove_half_packages() -> None:
    """Make pip install again what it was installing when it ended: that has no list of its files.

    Without this it would count as installed.
    """
    for record in Path(sysconfig.get_path("purelib")).glob("*.dist-info"):
        if not (record / "RECORD").exists():
            shutil.rmtree(record)


def _locate_path_file() -> Path:
    return Path(sysconfig.get_path("purelib")) / "goquant.pth"


def _digest_lock() -> str:
    return hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()


def read_build_requirements() -> list[str]:
    """Return what compiling needs, as pyproject.toml has it."""
    lines: list[str] = _read_project_file()["build-system"]["requires"]
    return lines


def read_requirements(extras: Iterable[str]) -> list[str]:
    """Return the project's own requirements and those of `extras`, as pyproject.toml has them."""
    project = _read_project_file()["project"]
    optional = project.get("optional-dependencies", {})
    lines = list(project["dependencies"])
    for extra in sorted(_expand_extras(extras, optional)):
        lines += [line for line in optional[extra] if not _OWN_EXTRAS.fullmatch(line)]
    return lines


def _expand_extras(extras: Iterable[str], optional: dict[str, list[str]]) -> set[str]:
    """Return `extras` with those of the project that they ask for in turn."""
    expanded: set[str] = set()
    pending = list(extras)
    while pending:
        extra = pending.pop()
        if extra in expanded:
            continue
        expanded.add(extra)
        for line in optional.get(extra, ()):
            if own := _OWN_EXTRAS.fullmatch(line):
                pending += own["names"].split(",")
    return expanded


def _read_project_file() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _is_met(requirement: str) -> bool:
    pinned = _PINNED.match(requirement)
    if pinned is None:
        return True
    try:
        return version(pinned["name"]) == pinned["version"]
    except PackageNotFoundError:
        return False
