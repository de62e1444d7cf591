"""Whatever interrupts the set-up, at whatever moment: the next start finishes it."""

import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from launcher.setup.file_lock import hold_lock
from tests.support.set_up import make_repository

INTERRUPTS = 20
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
BARE_PYTHON = Path(sys.executable).resolve()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_repository(tmp_path)
    return tmp_path.resolve()


def start(root: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [BARE_PYTHON, "start.py"],
        cwd=root,
        env={"PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run_to_the_end(root: Path) -> str:
    with start(root) as process:
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert output.endswith("ready\n")
    return output


def assert_whole(root: Path) -> None:
    packages = next((root / ".venv" / "lib").glob("*/site-packages"))
    for name in ("one", "other"):
        assert (packages / f"{name}_package.py").read_text() == "is_whole = True\n"
    assert all((record / "RECORD").exists() for record in packages.glob("*.dist-info"))
    assert (packages / "goquant.pth").read_text() == f"{root}\n"
    assert (root / ".venv" / "bin" / "activate.fish").exists()
    modules = list(root.glob("engine/**/*.so"))
    assert [module.read_text() for module in modules] == ["whole", "whole"]


def test_a_first_start_says_where_the_time_went_and_a_second_does_nothing(root: Path) -> None:
    output = run_to_the_end(root)
    assert "Set up in " in output
    assert all(part in output for part in (".venv ", "packages ", "core "))
    assert_whole(root)
    assert run_to_the_end(root) == "ready\n"


def test_interrupted_at_random_moments_it_comes_through(root: Path) -> None:
    begin = time.monotonic()
    run_to_the_end(root)
    assert_whole(root)
    seconds = time.monotonic() - begin
    chance = random.Random(15)
    for _ in range(INTERRUPTS):
        if chance.random() < 0.5:
            forget(root, chance)
        interrupt(root, chance.uniform(0, seconds), chance.choice(SIGNALS))
    run_to_the_end(root)
    assert_whole(root)
    assert run_to_the_end(root) == "ready\n"


def forget(root: Path, chance: random.Random) -> None:
    """There is all or some of it to do again, once what was killed is at rest."""
    (root / "build" / "setup").mkdir(parents=True, exist_ok=True)
    with hold_lock(root / "build" / "setup" / "lock", wait=True):
        if chance.random() < 0.5 and (root / ".venv").exists():
            (root / ".venv").rename(root / f"old-{chance.random()}")
        source = root / "engine" / "core" / "compiled" / "matcher.pyx"
        source.write_text(str(chance.random()))
        version = f"other-package==2.{chance.randrange(1000)}"
        for path in (root / "pyproject.toml", root / "requirements.lock"):
            path.write_text(re.sub(r"other-package==2\.\d+", version, path.read_text()))


def interrupt(root: Path, seconds: float, number: signal.Signals) -> None:
    """End a start after `seconds`; unless it was killed, it leaves no process behind."""
    with start(root) as process:
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        if number == signal.SIGKILL:
            return
        output, _ = process.communicate(timeout=60)
        with hold_lock(root / "build" / "setup" / "lock", wait=False) as is_free:
            assert is_free, output
