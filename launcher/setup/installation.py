"""Make the environment, install packages into it and compile the core, side by side.

Whatever is interrupted at whatever moment, the next run finishes it: what is not finished carries a
mark, and what is finished appears at once, under its name.
"""

import importlib
import os
import shlex
import sys
import time
from collections.abc import Sequence

from launcher.setup import compiled_modules
from launcher.setup.environment import (
    LOG_FOLDER,
    Environment,
    are_met,
    put_project_on_path,
    read_build_requirements,
    read_requirements,
    remove_half_packages,
)
from launcher.setup.errors import LaunchError
from launcher.setup.lock import lock
from launcher.setup.toolchain import (
    PLAIN_PYTHON,
    choose_compiler,
    find_missing_build_tool,
    find_missing_venv,
    is_core_wanted,
)
from launcher.setup.track import Track, run_side_by_side

_PIP = (
    "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes",
    "--no-deps", "--requirement",
)  # fmt: skip


def is_core_settled() -> bool:
    """Return whether the core is as it should be; a kept build is put in its place.

    If it is not wanted, or there is no compiler that works, it need not be compiled.
    """
    if compiled_modules.is_in_place() or compiled_modules.place_if_kept():
        return True
    return not compiled_modules.has_compiled_module() and not _can_compile()


def create_environment(environment: Environment) -> float:
    """Make the virtual environment, and return the seconds; delete what is left of a broken one."""
    missing = find_missing_venv()
    if missing:
        raise LaunchError(missing)
    environment.being_made.touch()
    track = Track("venv", [sys.executable, "-m", "venv", "--clear", str(environment.folder)])
    run_side_by_side("Making .venv", track)
    environment.being_made.unlink()
    return track.seconds


def install_project(environment: Environment, extras: Sequence[str], venv_seconds: float) -> None:
    """Give the environment that runs this process what it lacks, and say where the time went.

    If the core cannot be compiled, say what that means, and go on in plain Python.
    """
    begin = time.monotonic()
    is_complete = environment.has_packages(extras)
    compiles = not is_core_settled() and _decide_to_compile()
    if not is_complete and environment.being_filled.exists():
        remove_half_packages()
    environment.being_filled.touch()
    if compiles and not are_met(read_build_requirements()):
        run_side_by_side("Installing Cython", _install("tools", read_build_requirements()))
    tracks = [] if is_complete else [_install("packages", read_requirements(extras))]
    tracks += [_compile()] if compiles else []
    if tracks:
        run_side_by_side(f"Setting up {' and '.join(track.name for track in tracks)}", *tracks)
    put_project_on_path()
    environment.note_filled()
    importlib.invalidate_caches()
    if not compiled_modules.is_in_place():
        _go_on_without_core(compiles)
    if tracks:
        _report_times(venv_seconds, time.monotonic() - begin, tracks)


def _install(name: str, requirements: Sequence[str]) -> Track:
    path = LOG_FOLDER / f"{name}.txt"
    path.write_text(lock(requirements))
    return Track(name, [sys.executable, *_PIP, str(path)])


def _compile() -> Track:
    compiler = f"CC={shlex.join(choose_compiler())}"
    return Track("core", ["env", compiler, sys.executable, "setup.py", "build_ext", "--inplace"])


def _can_compile() -> bool:
    return is_core_wanted() and find_missing_build_tool() is None


def _decide_to_compile() -> bool:
    """Return whether to compile the core; say so if that is wanted and impossible."""
    if not is_core_wanted():
        return False
    missing = find_missing_build_tool()
    if missing and os.environ.get("ENGINE_CORE") == "cython":
        raise LaunchError(f"ENGINE_CORE=cython, but {missing}")
    if missing:
        print(
            f"WARNING: {missing}\nUntil then the exchange runs in plain Python: {PLAIN_PYTHON}.",
            file=sys.stderr,
        )
    return not missing


def _go_on_without_core(has_tried: bool) -> None:
    """Let no module serve that is not of these sources."""
    compiled_modules.remove_compiled()
    if has_tried:
        log = LOG_FOLDER / "core.log"
        print(
            f"WARNING: the core did not compile (see {log}), so that the exchange runs in plain"
            f" Python: {PLAIN_PYTHON}.\n"
            "The next start tries again; ENGINE_CORE=python does without.",
            file=sys.stderr,
        )


def _report_times(venv_seconds: float, seconds: float, tracks: Sequence[Track]) -> None:
    parts = [f"{track.name} {track.seconds:.1f} s" for track in tracks]
    venv = f".venv {venv_seconds:.1f} s, then " if venv_seconds else ""
    print(
        f"Set up in {venv_seconds + seconds:.1f} s: {venv}{' beside '.join(parts)}", file=sys.stderr
    )
