"""An engine is known to be gone by the end of its lock, never by its pid."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.storage.owner_files import OwnerFiles
from tests.support.waiting import wait_until


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[OwnerFiles]:
    files = OwnerFiles(tmp_path)
    yield files
    files.remove()


def test_living_engine_with_the_same_pid_is_not_dead(owner: OwnerFiles, tmp_path: Path) -> None:
    owner.write(b"1:aa")
    assert OwnerFiles(tmp_path).list_dead() == []


def test_engine_whose_process_is_gone_is_dead_and_then_forgotten(
    owner: OwnerFiles, tmp_path: Path
) -> None:
    child = os.fork()
    if not child:
        OwnerFiles(tmp_path).write(b"1:aa")
        os._exit(0)
    os.waitpid(child, 0)
    assert owner.list_dead() == [b"1:aa"]
    owner.write(b"2:bb")
    assert OwnerFiles(tmp_path).list_dead() == []
    assert [path.name for path in tmp_path.iterdir()] == ["engine-bb.owner"]


def test_child_of_an_engine_does_not_live_on_in_its_stead(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    engine = os.fork()
    if not engine:
        OwnerFiles(tmp_path).write(b"1:aa")
        if not os.fork():
            os.close(writer)
            os.read(reader, 1)
        os._exit(0)
    os.waitpid(engine, 0)
    try:
        wait_until(lambda: OwnerFiles(tmp_path).list_dead() == [b"1:aa"], "the child's own life")
    finally:
        os.close(reader)
        os.close(writer)  # which ends the child


def test_engine_of_another_machine_is_never_called_dead(owner: OwnerFiles, tmp_path: Path) -> None:
    (tmp_path / "engine-aa.owner").write_bytes(b"another-boot 1:aa")
    assert owner.list_dead() == []


def test_engine_that_gives_the_state_back_leaves_nothing(tmp_path: Path) -> None:
    files = OwnerFiles(tmp_path)
    files.write(b"1:aa")
    files.remove()
    assert list(tmp_path.iterdir()) == []


def test_foreign_file_stops_nobody(owner: OwnerFiles, tmp_path: Path) -> None:
    (tmp_path / "engine-old.owner").touch()
    owner.write(b"1:aa")
    assert owner.list_dead() == []
