"""Services as forks of the launcher, which has imported them: an exchange for tests starts faster.

Five services import much the same, a second of CPU each. Only on Linux: elsewhere
a fork of a process that has used the system's libraries may not go on without an exec.
"""

import gc
import importlib
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

CAN_FORK = sys.platform == "linux"
_DESCRIPTORS = Path("/proc/self/fd")


def preload_modules(names: Iterable[str]) -> None:
    """Import what each of these modules imports when it is run, once for all their forks."""
    for name in names:
        importlib.import_module(f"{name}.__main__")
    gc.collect()
    gc.freeze()  # what the forks share stays shared


class ForkedProcess:
    """A fork that runs a module as `python -m` would; what the launcher uses of Popen."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        output: int,
        descriptors: Collection[int],
        set_up: Callable[[], None] | None,
    ) -> None:
        """Fork; `arguments` are the module and its own, `output` is where all it says goes.

        It keeps `descriptors` and no others. The launcher has one thread only, so that a fork of it
        holds no lock.
        """
        self.returncode: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                if set_up:
                    set_up()
                _become_service(environment, folder, output, descriptors)
                status = _run_module(arguments)
            finally:
                os._exit(status)  # nothing of the launcher's is to be ended here

    def poll(self) -> int | None:
        """Return the exit status if it has ended, negative if by a signal."""
        if self.returncode is None:
            self._collect(os.WNOHANG)
        return self.returncode

    def wait(self) -> int | None:
        """Wait until it has ended."""
        if self.returncode is None:
            self._collect(0)
        return self.returncode

    def terminate(self) -> None:
        """Ask it to stop."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it."""
        self._send(signal.SIGKILL)

    def _collect(self, options: int) -> None:
        pid, status = os.waitpid(self.pid, options)
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _become_service(
    environment: Mapping[str, str], folder: Path, output: int, descriptors: Collection[int]
) -> None:
    """Leave behind what is the launcher's: session, signals, files, environment."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    kept = {0, 1, 2, *descriptors}
    for descriptor in [int(entry.name) for entry in _DESCRIPTORS.iterdir()]:
        if descriptor not in kept:
            _close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:  # the one that listed them
        return


def _run_module(arguments: Sequence[str]) -> int:
    """Run it, and return its exit status."""
    module, *_ = arguments
    sys.argv = [*arguments]
    sys.modules.pop(f"{module}.__main__", None)  # it is run anew, with what it has imported
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return _read_status(end)
    except BaseException:  # noqa: BLE001 - as the interpreter does at its end
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _read_status(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1
