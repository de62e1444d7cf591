import io
import signal
import subprocess
import sys

from launcher.supervision.parent_death import guard_processes
from launcher.supervision.processes import identify_process
from tests.support.waiting import DEADLINE_SECONDS

LAUNCHER = """
import os, subprocess, signal, sys
from launcher.supervision.parent_death import Guard
guard = Guard(is_needed=True)
child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
guard.watch(child.pid)
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_the_guard_kills_what_is_watched_and_spares_what_has_ended() -> None:
    watched, forgotten = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    guard_processes(io.StringIO(f"+{watched.pid}\n+{forgotten.pid}\n-{forgotten.pid}\n"))
    assert watched.wait(DEADLINE_SECONDS) == -signal.SIGKILL
    assert forgotten.poll() is None
    forgotten.kill()
    forgotten.wait()


def test_the_guard_takes_the_launchers_death_for_its_signal() -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert launcher.stdout is not None
    child = identify_process(int(launcher.stdout.readline()))
    assert child.is_alive
    launcher.kill()
    launcher.communicate()
    assert child.wait(DEADLINE_SECONDS)
