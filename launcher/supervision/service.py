"""A service: what to run, and one run of it."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from launcher.setup.environment import ROOT
from launcher.supervision.forking import ForkedProcess
from launcher.supervision.log_file import LogFile
from launcher.supervision.parent_death import Guard, make_child_setup
from launcher.supervision.processes import ProcessId, identify_process


@dataclass(frozen=True)
class Service:
    """What to run.

    `stage`: the services of the lowest stage stop first, together. `health`: the URL that answers
    200 once it is ready; `is_ready`: a further condition. `prepare` runs before each start and
    raises LaunchError if it must not start. `explain_wait` says why it cannot be started again yet,
    None if it can. `find_arguments` is asked again and again for what comes after the command: None
    if the service is not wanted now; a run with others than these is ended. `stop_seconds`: a
    service that has not finished by then is stuck, and is killed; it ends by itself as soon as what
    it has begun is finished. `is_quiet`: what it writes goes into its log file only. `side_log`:
    the name of a second log, which nothing else can fill; its descriptor is the last argument of
    the command. `is_optional`: the exchange is ready, and goes on, without it. `is_forked`: the
    launcher has imported the module that the command names.
    """

    name: str
    command: tuple[str, ...]
    stage: int
    environment: Mapping[str, str]
    descriptors: tuple[int, ...] = ()
    health: str | None = None
    is_ready: Callable[[], bool] | None = None
    prepare: Callable[[], None] = field(default=lambda: None)
    explain_wait: Callable[[], str | None] = field(default=lambda: None)
    find_arguments: Callable[[], tuple[str, ...] | None] = field(default=tuple)
    stop_seconds: float = 60.0
    is_quiet: bool = False
    is_optional: bool = False
    side_log: str | None = None
    is_forked: bool = False

    @property
    def module(self) -> str:
        """What `python -m` runs, if the command is one of that."""
        return self.command[2]


class Run:
    """One process of a service, writing to `log`, and to `side_log` if it has one.

    `arguments`: what comes after the service's command.
    """

    def __init__(
        self,
        service: Service,
        log: LogFile,
        guard: Guard,
        folder: Path = ROOT,
        side_log: LogFile | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        more = (side_log.descriptor,) if side_log else ()
        self.arguments = arguments
        self._guard = guard
        self._began = time.monotonic()
        start = _fork if service.is_forked else _spawn
        self._process = start(service, (*arguments, *map(str, more)), folder, log.descriptor, more)
        guard.watch(self._process.pid)
        self.id: ProcessId = identify_process(self._process.pid)

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    @property
    def has_ended(self) -> bool:
        """Whether it has ended; if so, its exit status is collected."""
        if self._process.poll() is None:
            return False
        self._guard.forget(self._process.pid)
        return True

    @property
    def is_clean(self) -> bool:
        """Whether it ended with exit status 0."""
        return self._process.returncode == 0

    def describe_end(self) -> str:
        """Say how it ended, such as `ended with exit status 1` or `was killed by SIGKILL`."""
        return describe_status(self._process.returncode)

    def terminate(self) -> None:
        """Ask it to stop."""
        self._process.terminate()

    def kill(self) -> None:
        """Kill it, and wait until it has ended."""
        self._process.kill()
        self._process.wait()
        self._guard.forget(self._process.pid)


def _spawn(
    service: Service,
    arguments: tuple[str, ...],
    folder: Path,
    output: int,
    descriptors: tuple[int, ...],
) -> "subprocess.Popen[bytes] | ForkedProcess":
    return subprocess.Popen(
        (*service.command, *arguments),
        cwd=folder,
        env=dict(service.environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(*service.descriptors, *descriptors),
        start_new_session=True,  # Ctrl-C is for the launcher, which stops the rest in order
        preexec_fn=make_child_setup(),  # safe with one thread only, see there
    )


def _fork(
    service: Service,
    arguments: tuple[str, ...],
    folder: Path,
    output: int,
    descriptors: tuple[int, ...],
) -> ForkedProcess:
    _python, _option, *command = service.command
    return ForkedProcess(
        [*command, *arguments],
        environment=service.environment,
        folder=folder,
        output=output,
        descriptors=(*service.descriptors, *descriptors),
        set_up=make_child_setup(),
    )


def describe_status(status: int | None) -> str:
    """Say what a return code of Popen means."""
    if status is None:
        return "still runs"
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
