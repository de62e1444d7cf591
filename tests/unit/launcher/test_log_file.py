import os
from pathlib import Path

from launcher.supervision.log_file import LogFile


def test_lines_come_once_and_whole(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "engine.log")
    os.write(log.descriptor, b"one\ntw")
    assert log.read_new_lines() == ["one"]
    assert log.read_new_lines() == []
    os.write(log.descriptor, b"o\nthree\n")
    assert log.read_new_lines() == ["two", "three"]
    assert list(log.tail) == ["one", "two", "three"]
    log.close()


def test_what_an_earlier_run_wrote_is_not_shown_again(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("yesterday\n")
    log = LogFile(path)
    os.write(log.descriptor, b"today\n")
    assert log.read_new_lines() == ["today"]
    assert path.read_text() == "yesterday\ntoday\n"
    log.close()


def test_a_full_log_is_cut_and_kept_once(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    log = LogFile(path, max_bytes=100)
    for number in range(50):
        os.write(log.descriptor, b"line %02d\n" % number)
        assert log.read_new_lines() == [f"line {number:02}"]
    assert path.stat().st_size <= 108
    assert path.with_name("engine.log.1").stat().st_size <= 108
    log.close()


def test_of_more_than_may_be_kept_only_the_newest_is_read(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "engine.log", max_bytes=2 << 20)
    os.write(log.descriptor, b"flood\n" * (1 << 20) + b"the last line\n")
    lines = log.read_new_lines()
    assert lines[-1] == "the last line"
    assert len(lines) < 1 << 18
    assert (tmp_path / "engine.log").stat().st_size == 0
    log.close()
