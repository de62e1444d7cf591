"""Install the project into an environment, and show the progress in one line."""

import importlib
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from launcher.setup.environment import (
    BUILD_FOLDER,
    ROOT,
    Environment,
    Stamp,
    compute_fingerprint,
    drop_stale_modules,
    has_compiled_core,
    read_requirements,
)
from launcher.setup.errors import LaunchError
from launcher.setup.toolchain import find_missing_build_tool, find_missing_venv, is_core_wanted

_TAIL_LINES = 15
_LINE_WIDTH = 78
_QUIET_SECONDS = 10.0


def create_environment(environment: Environment) -> None:
    """Make the virtual environment; delete what is left of a broken one."""
    missing = find_missing_venv()
    if missing:
        raise LaunchError(missing)
    command = [sys.executable, "-m", "venv", "--clear", str(environment.folder)]
    _run_with_progress(command, BUILD_FOLDER / "venv.log", "Making .venv")


def install_project(environment: Environment, extras: Iterable[str]) -> None:
    """Install the project, editable, into the environment that runs this process, and stamp it.

    The extras of an earlier installation are kept. If there is no compiler, say so and go on with
    the plain-Python core.
    """
    can_compile = _decide_to_compile()
    before = Stamp.read(environment.stamp_path)
    wanted = sorted({*extras, *(before.extras if before else [])})
    environment.stamp_path.unlink(missing_ok=True)
    if importlib.util.find_spec("pip") is None:
        _run_with_progress(_python("ensurepip"), BUILD_FOLDER / "ensurepip.log", "Bringing pip")
    log = BUILD_FOLDER / "install.log"
    _run_with_progress(_pip_command(wanted, compiles=can_compile), log, "Installing")
    drop_stale_modules()
    if can_compile and not has_compiled_core():
        print(f"WARNING: the core did not compile (see {log}); the slow plain-Python one serves.")
    Stamp(compute_fingerprint(), wanted, has_compiled_core(), can_compile).write(
        environment.stamp_path
    )
    importlib.invalidate_caches()


def _decide_to_compile() -> bool:
    """Return whether to compile the core; say so if that is wanted and impossible."""
    if not is_core_wanted():
        return False
    missing = find_missing_build_tool()
    if missing and os.environ.get("ENGINE_CORE") == "cython":
        raise LaunchError(f"ENGINE_CORE=cython, but {missing}")
    if missing:
        print(f"WARNING: {missing}\nUntil then the slow plain-Python core serves.", flush=True)
    return not missing


def _pip_command(extras: list[str], *, compiles: bool) -> list[str]:
    install = _python("pip", "install", "--disable-pip-version-check", "--no-input")
    if not compiles:  # pip would fail; without an installation everything runs from the repository
        return [*install, *read_requirements(extras)]
    target = f".[{','.join(extras)}]" if extras else "."
    return [*install, "--editable", target, "--config-settings", "editable_mode=compat"]


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _run_with_progress(command: list[str], log: Path, title: str) -> None:
    """Run it in the root, its output in `log`; raise LaunchError with the end of it if it fails."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            _show_progress(process, log, title)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        tail = "\n".join(f"  {line}" for line in read_last_lines(log, _TAIL_LINES))
        raise LaunchError(
            f"{title} failed with exit status {process.returncode}; the last lines of {log}:\n"
            f"{tail}\nMend what it says, then run the same command again. Offline, or behind a "
            "proxy: HTTPS_PROXY, PIP_INDEX_URL. To do without the compiled core: ENGINE_CORE=python"
        )


def _show_progress(process: "subprocess.Popen[bytes]", log: Path, title: str) -> None:
    begin = shown = time.monotonic()
    is_terminal = sys.stdout.isatty()
    print(f"{title} ...", end="" if is_terminal else "\n", flush=True)
    while process.poll() is None:
        time.sleep(0.1)
        now = time.monotonic()
        if is_terminal:
            line = f"{title} ... {now - begin:.0f} s  {' '.join(read_last_lines(log, 1))}"
            print(f"\r{line[:_LINE_WIDTH]:{_LINE_WIDTH}}", end="", flush=True)
        elif now - shown > _QUIET_SECONDS:
            shown = now
            print(f"{title} ... {now - begin:.0f} s", flush=True)
    done = f"{title}: {time.monotonic() - begin:.1f} s"
    print(f"\r{done:{_LINE_WIDTH}}" if is_terminal else done, flush=True)


def read_last_lines(path: Path, count: int) -> list[str]:
    """Return the last `count` lines of a text file that are not blank."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - 400 * count))
        text = file.read().decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()][-count:]
