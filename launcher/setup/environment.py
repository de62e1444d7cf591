"""A Python environment, and whether the project is installed in it as it is now."""

import hashlib
import json
import re
import sys
import sysconfig
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from launcher.setup.toolchain import find_missing_build_tool, is_core_wanted

ROOT = Path(__file__).resolve().parents[2]
BUILD_FOLDER = ROOT / "build"
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^;\s]+)")
_OWN_EXTRAS = re.compile(r"goquant\[(?P<names>[a-z,]+)\]")
_VERSION_LINE = re.compile(r"^version(_info)?\s*=\s*(?P<major>\d+)\.(?P<minor>\d+)", re.MULTILINE)
_CORE_SOURCES = ("engine/core/compiled/*.pyx", "engine/core/compiled/*.pxd")
_ORDER_PATH_TYPES = ("engine/exchange/*.pxd", "protocol/*.pxd")
"""A Python module with such a file beside it is compiled."""


@dataclass(frozen=True)
class Stamp:
    """What was installed; written into the environment after each installation."""

    fingerprint: str
    extras: list[str]
    has_core: bool
    could_compile: bool

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read the stamp at `path`; None if there is none, or one of another form."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write it to `path`."""
        path.write_text(json.dumps(vars(self)))


@dataclass(frozen=True)
class Environment:
    """A virtual environment, or the installation that runs this process."""

    folder: Path

    @classmethod
    def of_this_process(cls) -> Self:
        """Return the environment that runs this process."""
        return cls(Path(sys.prefix))

    @property
    def python(self) -> Path:
        """Path of its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def stamp_path(self) -> Path:
        """Path of its stamp."""
        return self.folder / "goquant-stamp.json"

    @property
    def is_this_process(self) -> bool:
        """Whether it runs this process."""
        return self.folder.resolve() == Path(sys.prefix).resolve()

    @property
    def python_version(self) -> tuple[int, int]:
        """Major and minor version of its Python; (0, 0) if it is missing or broken."""
        found = _VERSION_LINE.search(self._read_configuration())
        if found is None or not self.python.exists():
            return 0, 0
        return int(found["major"]), int(found["minor"])

    def is_installed(self, extras: Iterable[str]) -> bool:
        """Return whether this process's environment has the project as it is now, with `extras`."""
        return self._is_stamped(extras) or _has_everything(extras)

    def _read_configuration(self) -> str:
        path = self.folder / "pyvenv.cfg"
        return path.read_text() if path.exists() else ""

    def _is_stamped(self, extras: Iterable[str]) -> bool:
        stamp = Stamp.read(self.stamp_path)
        if stamp is None or stamp.fingerprint != compute_fingerprint():
            return False
        is_core_right = stamp.has_core == has_compiled_core() and not _may_compile_now(stamp)
        is_core_right &= are_compiled_modules_fresh()
        return set(extras) <= expand_extras(stamp.extras) and is_core_right


def _may_compile_now(stamp: Stamp) -> bool:
    """Return whether the core can be compiled now and could not when it was installed."""
    return not stamp.could_compile and is_core_wanted() and find_missing_build_tool() is None


def compute_fingerprint() -> str:
    """Return a digest of everything that an installation depends on."""
    digest = hashlib.sha256(f"{ROOT}\0{sys.version}\0".encode())
    for path in [ROOT / "pyproject.toml", ROOT / "setup.py", *_find_sources()]:
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def has_compiled_core() -> bool:
    """Return whether the core is compiled for this Python."""
    return _compiled_core().exists()


def are_compiled_modules_fresh() -> bool:
    """Return whether the order path is compiled as its sources are now, or not at all."""
    sources = _find_order_path()
    compiled = sum(_compiled(source).exists() for source in sources)
    return compiled == 0 or (compiled == len(sources) and all(map(_is_fresh, sources)))


def drop_stale_modules() -> None:
    """Delete the compiled modules of the order path if one of them is out of date."""
    if not are_compiled_modules_fresh():
        for source in _find_order_path():
            _compiled(source).unlink(missing_ok=True)


def _compiled_core() -> Path:
    return _compiled(ROOT / "engine/core/compiled/matcher.pyx")


def _compiled(source: Path) -> Path:
    return source.with_suffix(str(sysconfig.get_config_var("EXT_SUFFIX")))


def _find(patterns: Iterable[str]) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def _find_order_path() -> list[Path]:
    return [types.with_suffix(".py") for types in _find(_ORDER_PATH_TYPES)]


def _find_sources() -> list[Path]:
    return [*_find(_CORE_SOURCES), *_find(_ORDER_PATH_TYPES), *_find_order_path()]


def _has_everything(extras: Iterable[str]) -> bool:
    """Return whether this process has each pinned requirement, and no compiled module is stale."""
    is_fresh = _is_core_fresh() and are_compiled_modules_fresh()
    return is_fresh and all(map(_is_met, read_requirements(extras)))


def _is_core_fresh() -> bool:
    if not has_compiled_core():
        return False
    built = _compiled_core().stat().st_mtime
    return all(path.stat().st_mtime <= built for path in _find(_CORE_SOURCES))


def _is_fresh(source: Path) -> bool:
    built = _compiled(source).stat().st_mtime
    return all(path.stat().st_mtime <= built for path in (source, source.with_suffix(".pxd")))


def read_requirements(extras: Iterable[str]) -> list[str]:
    """Return the project's own requirements and those of `extras`, as pyproject.toml has them."""
    project = _read_project()
    optional = project.get("optional-dependencies", {})
    lines = list(project["dependencies"])
    for extra in sorted(expand_extras(extras)):
        lines += [line for line in optional[extra] if not _OWN_EXTRAS.fullmatch(line)]
    return lines


def expand_extras(extras: Iterable[str]) -> set[str]:
    """Return `extras` with those of the project that they ask for in turn."""
    optional = _read_project().get("optional-dependencies", {})
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


def _read_project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project


def _is_met(requirement: str) -> bool:
    pinned = _PINNED.match(requirement)
    if pinned is None:
        return True
    try:
        return version(pinned["name"]) == pinned["version"]
    except PackageNotFoundError:
        return False
