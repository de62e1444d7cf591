import os
import sys
from pathlib import Path

import pytest

from launcher.setup import bootstrap
from launcher.setup.bootstrap import ensure_environment
from launcher.setup.environment import Environment


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment that is not there; nothing else has what is asked for."""
    own = Environment(tmp_path / ".venv")
    monkeypatch.setattr(Environment, "of_this_folder", lambda: own)
    monkeypatch.setattr(Environment, "has_packages", lambda *_: False)
    monkeypatch.setattr(bootstrap, "create_environment", pytest.fail)
    monkeypatch.setattr(bootstrap, "install_project", pytest.fail)
    return own


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_installs_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["-m", option])
    with pytest.raises(SystemExit) as end:
        ensure_environment(("test",), describe=lambda: "what it is for")
    assert not end.value.code
    assert capsys.readouterr().out == "what it is for\n"


def test_an_environment_that_is_there_is_asked_for_its_help(
    monkeypatch: pytest.MonkeyPatch, own: Environment
) -> None:
    (own.folder / "bin").mkdir(parents=True)
    for name in ("bin/python", "bin/activate"):
        (own.folder / name).touch()
    (own.folder / "pyvenv.cfg").write_text("version = 3.11.2\n")
    monkeypatch.setattr(sys, "argv", ["-m", "--help"])
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-m", "tests", "--help"])
    asked: list[list[str]] = []

    def run(_: Path, arguments: list[str]) -> None:
        asked.append(arguments)
        raise SystemExit

    monkeypatch.setattr(os, "execv", run)
    with pytest.raises(SystemExit):
        ensure_environment(("test",), describe=lambda: "")
    assert asked == [[str(own.python), "-m", "tests", "--help"]]
