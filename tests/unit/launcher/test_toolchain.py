import importlib.util
import sysconfig
from pathlib import Path

import pytest

from launcher.setup import installation
from launcher.setup.environment import Environment
from launcher.setup.errors import LaunchError
from launcher.setup.installation import create_environment, install_project
from launcher.setup.toolchain import find_missing_build_tool, find_missing_venv


@pytest.fixture
def program_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("ENGINE_CORE", raising=False)
    return folder


def write_program(path: Path, status: int = 0) -> None:
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("installer", "command"),
    [
        ("apt-get", "sudo apt-get install -y gcc libc6-dev"),
        ("dnf", "sudo dnf install -y gcc"),
        ("brew", "xcode-select --install"),
    ],
)
def test_a_missing_compiler_comes_with_the_command_of_this_machine(
    program_folder: Path, installer: str, command: str
) -> None:
    write_program(program_folder / installer)
    missing = find_missing_build_tool()
    assert missing is not None
    assert missing.endswith(f"Mend it with: {command}")


def test_a_compiler_that_only_offers_to_be_installed_is_none(program_folder: Path) -> None:
    write_program(program_folder / "cc", status=1)
    missing = find_missing_build_tool()
    assert missing is not None
    assert missing.startswith("no C compiler here")


def test_missing_headers_come_with_their_command(
    program_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_program(program_folder / "cc")
    write_program(program_folder / "apt-get")
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))
    missing = find_missing_build_tool()
    assert missing is not None
    assert missing.startswith("Python.h is not here. Mend it with: sudo apt-get install -y python3")


def test_a_missing_ensurepip_stops_with_its_command(
    program_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_program(program_folder / "apt-get")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name != "ensurepip" or None)
    assert find_missing_venv() is not None
    with pytest.raises(LaunchError, match=r"sudo apt-get install -y python3\.\d+-venv"):
        create_environment(Environment(tmp_path / ".venv"))


def test_a_forced_compiled_core_fails_before_anything_is_installed(
    program_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not list(program_folder.iterdir())
    monkeypatch.setenv("ENGINE_CORE", "cython")
    monkeypatch.setattr(installation, "_run_with_progress", pytest.fail)
    with pytest.raises(LaunchError, match="ENGINE_CORE=cython, but no C compiler here"):
        install_project(Environment(tmp_path), ())


def test_a_failed_installation_shows_the_last_lines_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installation, "BUILD_FOLDER", tmp_path)
    monkeypatch.setattr(installation, "_pip_command", lambda *_, **__: ["ls", "/no/such/place"])
    with pytest.raises(LaunchError) as failure:
        install_project(Environment(tmp_path), ())
    assert "/no/such/place" in str(failure.value)
    assert "run the same command again" in str(failure.value)
    assert not (tmp_path / "goquant-stamp.json").exists()
    assert "Installing" in capsys.readouterr().out
