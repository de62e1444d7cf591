"""Keep services running: start them again when they die, copy what they write, stop them."""

import math
import signal
import time
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from launcher.setup.errors import LaunchError
from launcher.supervision.backoff import Backoff
from launcher.supervision.log_file import LogFile
from launcher.supervision.parent_death import Guard
from launcher.supervision.processes import ProcessId
from launcher.supervision.service import Run, Service

POLL_SECONDS = 0.05
_STARTING_POLL_SECONDS = 0.01
"""Until all is ready: each step of the start waits for the one before."""
_MAX_FAILURES = 3
_STEADY_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0
ONE_PRESS_SECONDS = 0.5
"""Signals so close together count as one: one Ctrl-C may reach us twice, alone and as a group."""
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class End(NamedTuple):
    """How a run ended; `is_clean`: with exit status 0, so that no reason is needed."""

    text: str
    is_clean: bool


class Supervised:
    """A service with its run, or with the time at which the next run is due."""

    def __init__(self, service: Service, log_folder: Path, guard: Guard) -> None:
        self.service = service
        self.log = LogFile(log_folder / f"{service.name}.log")
        self.side_log = (
            LogFile(log_folder / f"{service.name}-{service.side_log}.log")
            if service.side_log
            else None
        )
        self.run: Run | None = None
        self.failures = 0
        self.is_waiting = False
        """Whether the user has been told why it is not started again."""
        self._backoff = Backoff()
        self._due = 0.0
        self._asked_at: float | None = None
        """When the run was asked to end because it is not wanted as it is."""
        self._guard = guard
        self._hold = log_folder / f"{service.name}.hold"

    @property
    def id(self) -> ProcessId | None:
        """Its process, None if it has none."""
        return self.run.id if self.run else None

    @property
    def is_wanted(self) -> bool:
        """Whether there is to be a run of it."""
        return self.service.find_arguments() is not None

    @property
    def is_due(self) -> bool:
        """Whether it is to be started now; the file that `redis stop` leaves holds it back."""
        is_time = self.run is None and time.monotonic() >= self._due
        return is_time and self.is_wanted and not self._hold.exists()

    @property
    def is_steady(self) -> bool:
        """Whether it runs and, if it ever died, has been running for a while since."""
        return self.run is not None and (not self.failures or self.run.seconds > _STEADY_SECONDS)

    def start(self) -> None:
        """Start a run, if one is wanted."""
        arguments = self.service.find_arguments()
        if arguments is None:
            return
        self.service.prepare()
        self.log.tail.clear()
        self.run = Run(
            self.service, self.log, self._guard, side_log=self.side_log, arguments=arguments
        )

    def end_unwanted(self) -> None:
        """Ask a run to end that is not wanted as it is; kill it if it is stuck."""
        run = self.run
        if run is None or run.has_ended:
            return
        if self._asked_at is None:
            if run.arguments != self.service.find_arguments():
                self._asked_at = time.monotonic()
                run.terminate()
        elif time.monotonic() - self._asked_at > self.service.stop_seconds:
            run.kill()

    def take_end(self) -> End | None:
        """Return how it ended, if it has since the last call, and note when the next run is due."""
        run = self.run
        if run is None or not run.has_ended:
            return None
        self.run = None
        if self._asked_at is not None:
            self._asked_at = None
            return End(f"{run.describe_end()}, as it was asked to", run.is_clean)
        self.failures += 1
        if self._hold.exists():
            return End(f"{run.describe_end()}; held until `redis restart`", run.is_clean)
        delay = self._backoff.next_delay(run.seconds)
        self._due = time.monotonic() + delay
        return End(f"{run.describe_end()}; starting it again in {delay:g} s", run.is_clean)

    def release(self) -> None:
        """Remove the file with which an earlier `redis stop` held it back."""
        self._hold.unlink(missing_ok=True)


class Supervisor:
    """The services in the order in which they were added; one thread, `poll` does what is due.

    `show` receives each line for the terminal, `copy` the name of a service and a line that it
    wrote; `on_change` is called when a process has started or ended.
    """

    def __init__(
        self,
        log_folder: Path,
        show: Callable[[str], None] = print,
        on_change: Callable[[], None] = lambda: None,
        copy: Callable[[str, str], None] | None = None,
    ) -> None:
        self.services: list[Supervised] = []
        self.is_ready = False
        self.stop_requests = 0
        self.killed: list[str] = []
        """The services that did not stop by themselves."""
        self._stop_requested_at = -math.inf
        self._has_announced = False
        self._log_folder = log_folder
        self._show = show
        self._copy = copy or (lambda name, line: show(f"{name:<12} | {line}"))
        self._on_change = on_change
        self._guard = Guard()

    def listen_to_signals(self) -> None:
        """Take Ctrl-C, SIGTERM and SIGHUP as requests to stop; the second one kills."""
        for number in _STOP_SIGNALS:
            signal.signal(number, self._request_stop)

    def add(self, services: Iterable[Service]) -> None:
        """Start `services` and keep them running."""
        for service in services:
            supervised = Supervised(service, self._log_folder, self._guard)
            supervised.release()
            self.services.append(supervised)
            supervised.start()
        self._on_change()

    @property
    def is_steady(self) -> bool:
        """Whether every service that is needed seems to stay up."""
        return all(item.is_steady or item.service.is_optional for item in self.services)

    def run_until(self, is_done: Callable[[], bool]) -> bool:
        """Supervise until `is_done`; return False if a stop was requested before."""
        while not self.stop_requests:
            self.poll()
            if is_done():
                return True
            time.sleep(POLL_SECONDS if self.is_ready else _STARTING_POLL_SECONDS)
        return False

    def poll(self) -> None:
        """Copy output, notice which services have ended, start those that are due.

        Raises LaunchError if a service dies again and again before all were ever ready.
        """
        for supervised in self.services:
            self._copy_output(supervised)
            supervised.end_unwanted()
            end = supervised.take_end()
            if end:
                self._report_end(supervised, end)
            elif supervised.is_due:
                self._start_again(supervised)

    def stop(self) -> None:
        """Stop all services, stage by stage; a second request to stop kills those that are left."""
        by_stage = sorted(self.services, key=lambda supervised: supervised.service.stage)
        for _, stage in groupby(by_stage, key=lambda supervised: supervised.service.stage):
            self._stop_stage(list(stage))

    def _announce_killing(self) -> None:
        if self.stop_requests < 2 or self._has_announced:
            return
        self._has_announced = True
        names = _name_running(self.services)
        if names:
            self._show(f"Second Ctrl-C: killing {', '.join(names)}; nothing accepted is lost.")

    def _stop_stage(self, stage: list[Supervised]) -> None:
        for supervised in stage:
            if supervised.run and self.stop_requests < 2:
                supervised.run.terminate()
        began = told = time.monotonic()
        seconds = max(item.service.stop_seconds for item in stage)
        while self.stop_requests < 2 and not _have_ended(stage):
            now = time.monotonic()
            if now - began > seconds:
                break
            if now - told > _PATIENCE_SECONDS:
                told = now
                self._show(f"Waiting for {', '.join(_name_running(stage))} to finish ...")
            time.sleep(POLL_SECONDS / 5)
        self._announce_killing()
        for supervised in stage:
            self._finish(supervised)

    def _finish(self, supervised: Supervised) -> None:
        name = supervised.service.name
        if supervised.run and not supervised.run.has_ended:
            if not self._has_announced:
                self._show(f"{name} did not stop in time: killed")
            supervised.run.kill()
            self.killed.append(name)
        self._copy_output(supervised)
        supervised.run = None

    def _start_again(self, supervised: Supervised) -> None:
        reason = supervised.service.explain_wait()
        if reason is None:
            supervised.start()
            self._on_change()
        elif not supervised.is_waiting:
            self._show(f"{supervised.service.name} waits: {reason}.")
        supervised.is_waiting = reason is not None

    def _report_end(self, supervised: Supervised, end: End) -> None:
        self._copy_output(supervised)
        service = supervised.service
        tail = "".join(f"\n  {line}" for line in supervised.log.tail)
        self._on_change()
        is_needed = not self.is_ready and not service.is_optional
        if is_needed and supervised.failures >= _MAX_FAILURES:
            how = end.text.partition(";")[0]
            raise LaunchError(f"{service.name} does not start: it {how}. Its last lines:{tail}")
        has_hidden_reason = service.is_quiet and not end.is_clean
        self._show(f"{service.name} {end.text}." + (tail if has_hidden_reason else ""))

    def _copy_output(self, supervised: Supervised) -> None:
        for log in filter(None, (supervised.log, supervised.side_log)):
            for line in log.read_new_lines():
                if not supervised.service.is_quiet:
                    self._copy(supervised.service.name, line)

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._stop_requested_at > ONE_PRESS_SECONDS:
            self.stop_requests += 1
            self._stop_requested_at = now


def _name_running(services: Iterable[Supervised]) -> list[str]:
    return [item.service.name for item in services if item.run and not item.run.has_ended]


def _have_ended(stage: Iterable[Supervised]) -> bool:
    return all(item.run is None or item.run.has_ended for item in stage)
