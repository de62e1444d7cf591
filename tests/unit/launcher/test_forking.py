"""A fork of the launcher is the service that it was to start, and nothing of the launcher."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.setup.environment import ROOT
from launcher.supervision.forking import CAN_FORK

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="forks are for Linux")

LAUNCHER = """
import os, signal, sys
from launcher.supervision.forking import ForkedProcess, preload_modules
from launcher.supervision.parent_death import make_child_setup

signal.signal(signal.SIGTERM, signal.SIG_IGN)
kept, unknown = (os.open("/dev/null", os.O_RDONLY) for _ in range(2))
output = os.open("output", os.O_WRONLY | os.O_CREAT)
preload_modules(["forked"])
process = ForkedProcess(
    ["forked", *sys.argv[1:], str(kept), str(unknown)],
    environment={"OURS": "1"}, folder=os.getcwd(), output=output, descriptors=[kept],
    set_up=make_child_setup(),
)
if "wait" in sys.argv:
    while b"waiting" not in open("output", "rb").read():
        pass
    process.terminate()
print(process.wait(), process.poll())
"""
MODULE = """
import json, os, signal, sys

def is_open(descriptor):
    try:
        os.fstat(int(descriptor))
    except OSError:
        return False
    return True

if __name__ == "__main__":
    print(json.dumps({
        "arguments": sys.argv[1:-2], "descriptors": [is_open(each) for each in sys.argv[-2:]],
        "environment": dict(os.environ), "input": sys.stdin.read(),
        "leads": os.getsid(0) == os.getpid(),
    }))
    match sys.argv[1]:
        case "wait":
            print("waiting")
            signal.pause()
        case "raise":
            raise ValueError("wrong")
        case status:
            sys.exit(int(status) if status.isdecimal() else status)
"""


def run(folder: Path, *arguments: str) -> tuple[str, list[str]]:
    """Return what the launcher prints of its fork, and the lines that the fork writes."""
    (folder / "forked").mkdir()
    (folder / "forked" / "__init__.py").touch()
    (folder / "forked" / "__main__.py").write_text(MODULE)
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *arguments], cwd=folder, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}, check=True,
    )  # fmt: skip
    return done.stdout.strip(), (folder / "output").read_text().splitlines()


def test_fork_is_the_service_alone(tmp_path: Path) -> None:
    end, lines = run(tmp_path, "0", "more")
    assert end == "0 0"
    assert json.loads(lines[0]) == {
        "arguments": ["0", "more"], "descriptors": [True, False], "environment": {"OURS": "1"},
        "input": "", "leads": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("argument", "end", "last"),
    [("3", "3 3", "{"), ("no port", "1 1", "no port"), ("raise", "1 1", "ValueError: wrong")],
)
def test_end_is_told_as_of_a_process(tmp_path: Path, argument: str, end: str, last: str) -> None:
    found, lines = run(tmp_path, argument)
    assert found == end
    assert lines[-1].startswith(last)


def test_signal_ends_it_though_the_launcher_does_not_heed_it(tmp_path: Path) -> None:
    end, lines = run(tmp_path, "wait")
    assert (end, lines[-1]) == ("-15 -15", "waiting")
