"""The compiled modules: what they are made of, where each build is kept, which one is in place.

A build is known by the digest of all that it is made of, and kept in `build/core/<digest>`; going
back to older sources finds their build again. `setup.py` compiles, keeps and places; whoever only
wants a kept build needs no compiler. A build is all modules or none: they rely on each other's
memory layout.
"""

import hashlib
import os
import shutil
import sysconfig
import tomllib
from pathlib import Path

from launcher.setup.environment import BUILD_FOLDER, ROOT
from launcher.setup.file_lock import hold_lock

CORE = Path("engine/core/compiled/matcher.pyx")
ORDER_PATH = Path("engine/order_path/path.pyx")
GATEWAY_PATH = Path("order_gateway/order_path/path.pyx")
KEPT_FOLDER = BUILD_FOLDER / "core"
_MOST_KEPT = 8
_TYPES = ("protocol/*.pxd", "engine/exchange/*.pxd", "engine/order_path/*.pxd")
"""A Python module with such a file beside it is compiled."""
_SOURCES = (
    *(str(CORE), "engine/core/compiled/*.pxd", str(ORDER_PATH), str(GATEWAY_PATH)),
    *("order_gateway/order_path/*.pxd", *_TYPES),
)
_FLAGS = ("ENGINE_DEBUG", "CFLAGS", "LDFLAGS")
_SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))
_PLACES = (f"protocol/*{_SUFFIX}", f"engine/**/*{_SUFFIX}", f"order_gateway/**/*{_SUFFIX}")
"""Where compiled modules are; of other sources there may be more of them than of these."""


def list_order_path() -> list[Path]:
    """Return what is compiled beside the core, relative to the root."""
    modules = [ORDER_PATH, GATEWAY_PATH, *(path.with_suffix(".py") for path in _find(_TYPES))]
    return [module for module in modules if (ROOT / module).exists()]


def list_modules() -> list[Path]:
    """Return the source of each compiled module, the one that takes longest first."""
    return [CORE, *list_order_path()]


def compute_digest() -> str:
    """Return the digest of sources, flags, compiler of Cython, and Python's binary interface."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    made_by = [_SUFFIX, *project["build-system"]["requires"], *map(os.environ.get, _FLAGS)]
    digest = hashlib.sha256(repr(made_by).encode())
    for path in [Path("setup.py"), *_find(_SOURCES), *list_order_path()]:
        digest.update(f"\0{path}\0".encode() + (ROOT / path).read_bytes())
    return digest.hexdigest()[:32]


def has_compiled_core() -> bool:
    """Return whether the core is compiled for this Python."""
    return locate(CORE).exists()


def has_compiled_module() -> bool:
    """Return whether any module is compiled for this Python."""
    return bool(_find(_PLACES))


def is_in_place() -> bool:
    """Return whether every module is compiled from the sources as they are now, and no other."""
    modules = sorted(map(_compiled, list_modules()))
    return _read_placed() == compute_digest() and _find(_PLACES) == modules


def are_compiled_modules_fresh() -> bool:
    """Return whether the modules are compiled from the sources as they are now, or not at all."""
    return is_in_place() or not has_compiled_module()


def is_kept(digest: str) -> bool:
    """Return whether there is such a build."""
    return (KEPT_FOLDER / digest).is_dir()


def keep(digest: str, folder: Path) -> None:
    """Keep the modules under `folder` as the build `digest`; the oldest builds are dropped."""
    unfinished = KEPT_FOLDER / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    for module in list_modules():
        _copy(folder / _compiled(module), unfinished / _compiled(module))
    unfinished.rename(KEPT_FOLDER / digest)
    builds = [path for path in KEPT_FOLDER.iterdir() if path.is_dir()]
    for build in sorted(builds, key=lambda path: path.stat().st_mtime)[:-_MOST_KEPT]:
        shutil.rmtree(build)


def hand_out(digest: str, folder: Path) -> None:
    """Copy the modules of a kept build to their places under `folder`."""
    for module in list_modules():
        _copy(KEPT_FOLDER / digest / _compiled(module), folder / _compiled(module))


def place(digest: str) -> None:
    """Put the modules of a kept build beside their sources; what runs with others is left alone."""
    with hold_lock(KEPT_FOLDER / "lock", wait=True):
        _placed_mark().unlink(missing_ok=True)
        (KEPT_FOLDER / digest).touch()
        new = KEPT_FOLDER / f"new{_SUFFIX}"
        for module in list_modules():
            _copy(KEPT_FOLDER / digest / _compiled(module), new)
            new.replace(locate(module))
        for leftover in set(_find(_PLACES)) - set(map(_compiled, list_modules())):
            (ROOT / leftover).unlink()  # it would be loaded, and rely on another memory layout
        _placed_mark().write_text(digest)


def place_if_kept() -> bool:
    """Place the build of the sources as they are now; return False if there is none."""
    digest = compute_digest()
    if not is_kept(digest):
        return False
    place(digest)
    return True


def remove_compiled() -> None:
    """Remove the modules from beside their sources: as Python they serve too, only slower."""
    _placed_mark().unlink(missing_ok=True)
    for module in _find(_PLACES):
        (ROOT / module).unlink(missing_ok=True)


def locate(module: Path) -> Path:
    """Return where Python looks for a module in its compiled form."""
    return ROOT / _compiled(module)


def _compiled(module: Path) -> Path:
    return module.with_suffix(_SUFFIX)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)  # a process that has it loaded keeps it
    shutil.copy(source, target)


def _placed_mark() -> Path:
    return KEPT_FOLDER / f"placed{_SUFFIX}.txt"


def _read_placed() -> str:
    mark = _placed_mark()
    return mark.read_text() if mark.exists() else ""


def _find(patterns: tuple[str, ...]) -> list[Path]:
    return sorted(path.relative_to(ROOT) for glob in patterns for path in ROOT.glob(glob))
