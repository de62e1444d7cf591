"""Start and end the processes that a measurement needs; none of them outlives it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TypeAlias

from launcher.setup.environment import ROOT
from launcher.supervision.parent_death import make_child_setup

STOP_SECONDS = 20.0
Child: TypeAlias = "subprocess.Popen[bytes]"
Stream: TypeAlias = IO[bytes] | int | None


def start_python(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    under: Sequence[str] = (),
    descriptors: Collection[int] = (),
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
) -> Child:
    """Start Python with these arguments; `environment` is added to ours, `descriptors` stay open.

    `under` is a command that runs another one, such as valgrind with its options. SIGINT ends it
    even if this process runs in the background.
    """
    return subprocess.Popen(
        [*under, sys.executable, *arguments],
        cwd=ROOT, env={**os.environ, **(environment or {})}, pass_fds=descriptors,
        stdin=stdin, stdout=stdout, stderr=stderr, preexec_fn=_make_setup(),
    )  # fmt: skip


@contextmanager
def run_python(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    under: Sequence[str] = (),
    descriptors: Collection[int] = (),
    stderr: Stream = None,
) -> Iterator[Child]:
    """Run Python as `start_python` does, as long as the context."""
    process = start_python(
        arguments, environment, under=under, descriptors=descriptors, stderr=stderr
    )
    try:
        yield process
    finally:
        end(process)


def end(process: Child, number: int = signal.SIGTERM, seconds: float = STOP_SECONDS) -> None:
    """Send it a signal to stop, and kill it if it has not stopped after so many seconds."""
    if process.poll() is None:
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def _make_setup() -> Callable[[], None]:
    die_with_parent = make_child_setup()

    def set_up() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if die_with_parent is not None:
            die_with_parent()

    return set_up
