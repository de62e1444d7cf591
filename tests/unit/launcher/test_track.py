import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from launcher.setup import track
from launcher.setup.errors import LaunchError
from launcher.setup.track import Track, run_side_by_side
from tests.support.waiting import wait_until

SLEEP_WITH_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(track, "LOG_FOLDER", tmp_path)
    return tmp_path


def make_command(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_log_of_a_track_is_that_of_its_last_run(logs: Path) -> None:
    for number in (1, 2):
        run_side_by_side("Trying", Track("one", make_command(f"print({number})")))
    assert (logs / "one.log").read_text() == "2\n"


def test_tracks_run_side_by_side(logs: Path) -> None:
    """Each waits for what the other writes."""
    text = "from pathlib import Path\nPath({!r}).touch()\nwhile not Path({!r}).exists(): pass"
    one, other = str(logs / "one"), str(logs / "other")
    run_side_by_side(
        "Trying",
        Track("a", make_command(text.format(one, other))),
        Track("b", make_command(text.format(other, one))),
    )


def test_a_failure_shows_the_last_lines_and_what_to_do_and_ends_the_other_track(
    logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = logs / "begun"
    slow = f"from pathlib import Path; Path({str(begun)!r}).touch()\nimport time; time.sleep(600)"
    bad = f"import os\nwhile not os.path.exists({str(begun)!r}): pass\nexit('no such package')"
    with pytest.raises(LaunchError) as failure:
        run_side_by_side("Trying", Track("slow", make_command(slow)), Track("b", make_command(bad)))
    assert "no such package" in str(failure.value)
    assert "run the same command again" in str(failure.value)
    captured = capsys.readouterr()
    assert "Trying" in captured.err
    assert not captured.out  # that is for what a program reads


def test_nothing_that_was_started_outlives_an_interrupt(logs: Path) -> None:
    def find_child() -> int:
        log = logs / "sleeper.log"
        found = re.search(r"child (\d+)", log.read_text()) if log.exists() else None
        return int(found[1]) if found else 0

    def interrupt() -> None:
        wait_until(lambda: bool(find_child()), "the child is there")
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run_side_by_side("Trying", Track("sleeper", make_command(SLEEP_WITH_CHILD)))
    thread.join()
    wait_until(lambda: not _is_running(find_child()), "the child has ended")


def test_an_interrupt_while_a_process_begins_ends_that_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            begun.append(self)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_side_by_side("Trying", Track("sleeper", make_command("import time; time.sleep(600)")))
    assert [process.returncode for process in begun] == [-signal.SIGINT]


def _is_running(pid: int) -> bool:
    """Whether there is such a process that is no zombie."""
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().rpartition(")")[2].split()[0] != "Z"
