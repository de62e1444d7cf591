"""Bring a process into an environment that has the project."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from launcher.setup.environment import BUILD_FOLDER, ROOT, Environment
from launcher.setup.errors import LaunchError
from launcher.setup.file_lock import hold_lock
from launcher.setup.installation import create_environment, install_project


def ensure_environment(extras: Sequence[str] = ("exchange",)) -> None:
    """Return in a process that has the project with the optional requirements `extras`.

    If this process has not, `.venv` in the repository is made and the project installed into it, as
    far as that is needed, and this process is replaced by the same command under that Python. Exits
    with one line if that fails.
    """
    here = Environment.of_this_process()
    if here.is_installed(extras):
        return
    own = Environment(ROOT / ".venv")
    try:
        with _hold_build_lock():
            _prepare(own, extras)
    except LaunchError as error:
        sys.exit(f"goquant: {error}")
    except KeyboardInterrupt:
        sys.exit("\ngoquant: interrupted; run the same command again to go on")
    if not own.is_this_process:
        os.execv(own.python, [str(own.python), *sys.orig_argv[1:]])  # noqa: S606


def _prepare(own: Environment, extras: Sequence[str]) -> None:
    """Make `own` if it is missing; install into it if it is what runs this process."""
    if own.is_this_process:
        if not own.is_installed(extras):
            install_project(own, extras)
    elif own.python_version == (0, 0):
        create_environment(own)
    elif own.python_version < (3, 11):
        version = ".".join(map(str, own.python_version))
        raise LaunchError(f"{own.folder} is of Python {version}; remove it and run this again")


@contextmanager
def _hold_build_lock() -> Iterator[None]:
    BUILD_FOLDER.mkdir(exist_ok=True)
    with hold_lock(BUILD_FOLDER / "bootstrap.lock", wait=True):
        yield
