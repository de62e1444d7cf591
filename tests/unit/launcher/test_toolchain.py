import importlib.util
import sysconfig
from pathlib import Path

import pytest

from launcher.setup import compiled_modules, installation
from launcher.setup.environment import Environment
from launcher.setup.errors import LaunchError
from launcher.setup.installation import (
    create_environment,
    install_project,
    is_core_settled,
)
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


def write_program(path: Path, text: str = "exit 0") -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
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
    write_program(program_folder / "cc", "exit 1")
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


def test_a_compiler_that_cannot_compile_is_told_with_its_complaint_until_it_is_mended(
    program_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = program_folder / "cc"
    write_program(compiler, 'case "$*" in *trial*) echo "stdio.h: no such file" >&2; exit 1;; esac')
    monkeypatch.setenv("CC", str(compiler))
    missing = find_missing_build_tool()
    assert missing is not None
    assert missing.startswith("the C compiler fails: stdio.h: no such file")
    write_program(compiler)
    assert find_missing_build_tool() is None


def test_a_core_that_failed_to_compile_is_tried_again(
    program_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_modules, "is_in_place", lambda: False)
    monkeypatch.setattr(compiled_modules, "place_if_kept", lambda: False)
    monkeypatch.setattr(compiled_modules, "has_compiled_module", lambda: False)
    monkeypatch.setenv("CC", "nothing-of-that-name")
    assert is_core_settled()
    write_program(program_folder / "cc")
    monkeypatch.setenv("CC", "cc")
    assert not is_core_settled()
    monkeypatch.setenv("ENGINE_CORE", "python")
    assert is_core_settled()


def test_a_forced_compiled_core_fails_before_anything_is_installed(
    program_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not list(program_folder.iterdir())
    monkeypatch.setenv("ENGINE_CORE", "cython")
    monkeypatch.setattr(installation, "is_core_settled", lambda: False)
    monkeypatch.setattr(installation, "run_side_by_side", pytest.fail)
    with pytest.raises(LaunchError, match="ENGINE_CORE=cython, but no C compiler here"):
        install_project(Environment(tmp_path), (), 0.0)
