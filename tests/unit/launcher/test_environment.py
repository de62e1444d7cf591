import json
import os
import sysconfig
from pathlib import Path

import pytest

from launcher.setup import environment
from launcher.setup.environment import (
    Environment,
    Stamp,
    are_compiled_modules_fresh,
    compute_fingerprint,
    drop_stale_modules,
    read_requirements,
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of its own: nothing compiled, one requirement that nobody has."""
    (tmp_path / "engine" / "core" / "compiled").mkdir(parents=True)
    (tmp_path / "engine" / "exchange").mkdir()
    (tmp_path / "engine" / "core" / "compiled" / "matcher.pyx").write_text("x = 1")
    (tmp_path / "engine" / "exchange" / "orders.py").write_text("x = 1")
    (tmp_path / "engine" / "exchange" / "orders.pxd").touch()
    (tmp_path / "setup.py").touch()
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["nobody-has-this==1.0"]\n'
        '[project.optional-dependencies]\nexchange = ["a-server==2.0"]\n'
        'test = ["goquant[exchange]", "pytest==0.0.1; sys_platform != \'win32\'"]\n'
    )
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    return tmp_path


def stamp_environment(root: Path, *extras: str, could_compile: bool = True) -> Environment:
    own = Environment(root)
    Stamp(compute_fingerprint(), list(extras), False, could_compile).write(own.stamp_path)
    return own


def test_an_environment_without_a_stamp_or_the_requirements_is_not_installed(root: Path) -> None:
    assert not Environment(root).is_installed(())


def test_a_stamp_makes_the_second_start_fast(root: Path) -> None:
    assert stamp_environment(root).is_installed(())


@pytest.mark.parametrize(
    "name",
    ["pyproject.toml", "setup.py", "engine/core/compiled/matcher.pyx", "engine/exchange/orders.py"],
)
def test_a_changed_source_is_noticed(root: Path, name: str) -> None:
    own = stamp_environment(root)
    with (root / name).open("a") as file:
        file.write("\n# changed")
    assert not own.is_installed(())


def test_a_compiled_module_older_than_its_source_is_noticed(root: Path) -> None:
    source = root / "engine" / "exchange" / "orders.py"
    compiled = source.with_suffix(str(sysconfig.get_config_var("EXT_SUFFIX")))
    assert are_compiled_modules_fresh()
    compiled.touch()
    assert are_compiled_modules_fresh()
    os.utime(compiled, (0, 0))
    assert not are_compiled_modules_fresh()


def test_modules_of_which_only_some_are_compiled_are_dropped(root: Path) -> None:
    suffix = str(sysconfig.get_config_var("EXT_SUFFIX"))
    (root / "engine" / "exchange" / "batch.py").touch()
    (root / "engine" / "exchange" / "batch.pxd").touch()
    compiled = root / "engine" / "exchange" / f"orders{suffix}"
    compiled.touch()
    assert not are_compiled_modules_fresh()
    drop_stale_modules()
    assert not compiled.exists()
    assert are_compiled_modules_fresh()


def test_an_extra_that_is_missing_is_noticed(root: Path) -> None:
    own = stamp_environment(root)
    assert not own.is_installed(("test",))
    assert stamp_environment(root, "test").is_installed(("test",))


def test_an_extra_brings_those_that_it_asks_for(root: Path) -> None:
    own = stamp_environment(root, "test")
    assert own.is_installed(("exchange",))
    assert not stamp_environment(root, "exchange").is_installed(("test",))


def test_a_core_that_went_away_is_noticed(root: Path) -> None:
    own = Environment(root)
    Stamp(compute_fingerprint(), [], has_core=True, could_compile=True).write(own.stamp_path)
    assert not own.is_installed(())


def test_a_compiler_that_came_later_is_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = stamp_environment(root, could_compile=False)
    monkeypatch.setattr(environment, "find_missing_build_tool", lambda: "no C compiler here")
    assert own.is_installed(())
    monkeypatch.setattr(environment, "find_missing_build_tool", lambda: None)
    assert not own.is_installed(())


def test_a_stamp_of_another_shape_counts_for_nothing(root: Path) -> None:
    (root / "goquant-stamp.json").write_text(json.dumps({"fingerprint": "x"}))
    assert not Environment(root).is_installed(())


def test_requirements_are_those_of_the_project_file(root: Path) -> None:
    assert (root / "pyproject.toml").exists()
    assert read_requirements(("test",)) == [
        "nobody-has-this==1.0", "a-server==2.0", "pytest==0.0.1; sys_platform != 'win32'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "version"),
    [("version = 3.11.2", (3, 11)), ("version_info = 3.12.1.final.0", (3, 12)), ("", (0, 0))],
)
def test_the_python_of_an_environment_is_read_from_its_configuration(
    tmp_path: Path, line: str, version: tuple[int, int]
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    (tmp_path / "pyvenv.cfg").write_text(f"home = /usr/bin\n{line}\n")
    assert Environment(tmp_path).python_version == version
