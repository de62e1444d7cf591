import sysconfig
from pathlib import Path

import pytest

from launcher.setup import environment
from launcher.setup.environment import Environment, read_requirements, remove_half_packages


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of its own, whose packages nobody has but one."""
    (tmp_path / "pyproject.toml").write_text(
        "[project]\ndependencies = []\n"
        '[project.optional-dependencies]\nexchange = ["a-server[fast]==2.0"]\n'
        'test = ["goquant[exchange]", "pytest==0.0.1; sys_platform != \'win32\'"]\n'
    )
    (tmp_path / "requirements.lock").write_text("# nothing\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    return tmp_path


def make_environment(folder: Path) -> Environment:
    """Write what the set-up looks for."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    (folder / "bin" / "activate").touch()
    (folder / "pyvenv.cfg").write_text("version = 3.11.2\n")
    return Environment(folder)


def test_an_environment_that_lacks_a_package_of_an_extra_is_noticed(root: Path) -> None:
    assert Environment(root).has_packages(())
    assert not Environment(root).has_packages(("exchange",))
    assert not Environment(root).has_packages(("test",))


def test_an_installation_that_was_interrupted_counts_for_nothing(root: Path) -> None:
    own = Environment(root)
    own.being_filled.touch()
    assert not own.has_packages(())


def test_the_environment_of_the_repository_finds_the_project_from_any_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(root))
    own = Environment.of_this_folder()
    assert not own.has_packages(())
    environment.put_project_on_path()
    assert (root / "goquant.pth").read_text() == f"{root}\n"
    assert not own.has_packages(())
    (root / ".venv").mkdir()
    own.being_filled.touch()
    own.note_filled()
    assert own.has_packages(())
    (root / "requirements.lock").write_text("# another\n")
    assert not own.has_packages(())


def test_a_package_without_a_list_of_its_files_is_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, half = tmp_path / "whole-1.0.dist-info", tmp_path / "half-1.0.dist-info"
    for record in (whole, half):
        record.mkdir()
        (record / "METADATA").touch()
    (whole / "RECORD").touch()
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    remove_half_packages()
    assert whole.exists()
    assert not half.exists()


def test_an_environment_that_was_interrupted_is_not_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "LOG_FOLDER", tmp_path)
    own = make_environment(tmp_path / ".venv")
    assert own.is_complete
    own.being_made.touch()
    assert not own.is_complete


@pytest.mark.parametrize("name", ["bin/python", "bin/activate", "pyvenv.cfg"])
def test_an_environment_that_lacks_a_part_is_not_complete(tmp_path: Path, name: str) -> None:
    own = make_environment(tmp_path / ".venv")
    (own.folder / name).unlink()
    assert not own.is_complete


def test_requirements_are_those_of_the_project_file(root: Path) -> None:
    assert (root / "pyproject.toml").exists()
    assert read_requirements(("test",)) == [
        "a-server[fast]==2.0", "pytest==0.0.1; sys_platform != 'win32'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "version"),
    [("version = 3.11.2", (3, 11)), ("version_info = 3.12.1.final.0", (3, 12)), ("", (0, 0))],
)
def test_the_python_of_an_environment_is_read_from_its_configuration(
    tmp_path: Path, line: str, version: tuple[int, int]
) -> None:
    (tmp_path / "pyvenv.cfg").write_text(f"home = /usr/bin\n{line}\n")
    assert Environment(tmp_path).python_version == version
