"""What comes in with an engine that serves."""

import subprocess
import sys

from launcher.setup.environment import ROOT

MODULES = "import engine.__main__, sys; print([name for name in sys.modules if '.audit' in name])"


def test_engine_that_serves_has_no_audit_in_it() -> None:
    command = [sys.executable, "-c", MODULES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_shard_without_an_instrument_is_refused_with_those_that_there_are() -> None:
    command = [sys.executable, "-m", "engine", "--shard", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "engine: --shard 3: the instruments have 1\n"


def test_command_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    command = [sys.executable, "-m", "engine", "audit"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "choose from" in done.stderr
    assert "verify" in done.stderr
