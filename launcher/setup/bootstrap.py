"""Bring a process into an environment that has the project."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from launcher.setup.environment import LOG_FOLDER, Environment
from launcher.setup.errors import LaunchError
from launcher.setup.file_lock import hold_lock
from launcher.setup.installation import create_environment, install_project, is_core_settled

_VENV_SECONDS = "GOQUANT_VENV_SECONDS"
"""Set from one Python to the next: how long it took to make the environment."""


def ensure_environment(
    extras: Sequence[str] = ("exchange",), describe: Callable[[], str] | None = None
) -> None:
    """Return in a process that has the project with the optional requirements `extras`.

    If this process has not, `.venv` in the repository is made and the project installed into it, as
    far as that is needed, and this process is replaced by the same command under that Python. Exits
    with one line if that fails. For `--help` nothing is installed: `describe` says what is printed.
    """
    venv_seconds = float(os.environ.pop(_VENV_SECONDS, "0"))
    if _is_ready(Environment.of_this_process(), extras):
        return
    own = Environment.of_this_folder()
    if describe and {"-h", "--help"} & set(sys.argv[1:]):
        _answer_help(own, describe)
    try:
        with _end_on_signals(), _hold_build_lock():
            venv_seconds += _prepare(own, extras, venv_seconds)
    except LaunchError as error:
        sys.exit(f"goquant: {error}")
    except KeyboardInterrupt:
        sys.exit("\ngoquant: interrupted; run the same command again to go on")
    if not own.is_this_process:
        os.environ[_VENV_SECONDS] = str(venv_seconds)
        _run_under(own)


def _is_ready(environment: Environment, extras: Sequence[str]) -> bool:
    return environment.has_packages(extras) and is_core_settled()


def _answer_help(own: Environment, describe: Callable[[], str]) -> None:
    """Let the environment of the repository answer if there is one, which may know more."""
    if own.is_complete and not own.is_this_process:
        _run_under(own)
    print(describe())
    sys.exit()


def _run_under(own: Environment) -> None:
    os.execv(own.python, [str(own.python), *sys.orig_argv[1:]])  # noqa: S606


def _prepare(own: Environment, extras: Sequence[str], venv_seconds: float) -> float:
    """Make `own` if it is missing, and return the seconds; fill it if it runs this process."""
    if own.is_this_process:
        if not _is_ready(own, extras):
            install_project(own, extras, venv_seconds)
    elif not own.is_complete:
        return create_environment(own)
    elif own.python_version < (3, 11):
        version = ".".join(map(str, own.python_version))
        raise LaunchError(f"{own.folder} is of Python {version}; remove it and run this again")
    return 0.0


@contextmanager
def _end_on_signals() -> Iterator[None]:
    """Let SIGTERM and the end of the terminal do what Ctrl-C does: nothing started is left."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _hold_build_lock() -> Iterator[None]:
    """One set-up at a time; what a killed one has started may be at work still."""
    LOG_FOLDER.mkdir(parents=True, exist_ok=True)
    path = LOG_FOLDER / "lock"
    with hold_lock(path, wait=False) as is_free:
        pass
    if not is_free:
        print("Another set-up is at work here; waiting for its end ...", file=sys.stderr)
    with hold_lock(path, wait=True, with_children=True):
        yield
