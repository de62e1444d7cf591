"""Children are ended whatever they do, and their CPU is read to less than a tick."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

from benchmark.shared import cpu_clock as _cpu_clock
from benchmark.shared.child_process import end, run_python, start_python
from benchmark.shared.cpu_clock import read_cpu
from tests.support.waiting import wait_until

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(); time.sleep(60)"
SLEEPY = ["-c", "import time; time.sleep(60)"]


def test_a_child_that_does_not_stop_is_killed() -> None:
    process = start_python(["-uc", DEAF], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    end(process, seconds=0.1)
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL


def test_a_stopped_child_is_ended() -> None:
    with run_python(SLEEPY) as process:
        process.send_signal(signal.SIGSTOP)
    assert process.returncode == -signal.SIGTERM


def has_ended(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(sys.platform != "linux", reason="there is no death signal")
def test_a_child_dies_with_us() -> None:
    code = (
        "from benchmark.shared.child_process import start_python; import os\n"
        f"print(start_python({SLEEPY!r}).pid, flush=True); os._exit(0)"
    )
    pid = int(subprocess.check_output([sys.executable, "-c", code], timeout=60))
    wait_until(lambda: has_ended(pid), "it is gone")


@pytest.mark.skipif(_cpu_clock._find_clock is None, reason="there is no such clock")
def test_cpu_is_read_to_less_than_a_tick() -> None:
    pid = psutil.Process().pid

    def spend() -> float:
        before, began = read_cpu(pid), time.process_time()
        while time.process_time() < began + 0.003:
            pass
        return read_cpu(pid) - before

    assert any(0.003 <= spend() < 0.01 for _ in range(20))


def test_ticks_are_near_to_it() -> None:
    pid = psutil.Process().pid
    assert _cpu_clock._read_cpu_times(pid) == pytest.approx(read_cpu(pid), abs=0.1)


def test_a_process_that_has_ended_has_no_clock() -> None:
    with run_python(SLEEPY) as process:
        pass
    with pytest.raises(psutil.NoSuchProcess):
        read_cpu(process.pid)
