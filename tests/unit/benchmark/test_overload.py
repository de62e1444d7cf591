from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import Mock

import pytest

from benchmark.overload import run as overload
from engine.audit.record import RecordUnavailable
from engine.audit.verify import Report


def test_a_history_that_was_trimmed_meanwhile_is_verified_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    report = Mock(Report)

    @contextmanager
    def open_record(url: str) -> Iterator[Report]:
        opened.append(url)
        if len(opened) == 1:
            raise RecordUnavailable("trimmed meanwhile: run it again")
        yield report

    monkeypatch.setattr(overload, "open_record", open_record)
    monkeypatch.setattr(overload, "verify_record", lambda history: history)
    monkeypatch.setattr(overload, "_PAUSE_SECONDS", 0.0)
    assert overload.verify("redis://nowhere") is report
    assert len(opened) == 2


def test_a_history_that_stays_unavailable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "VERIFY_SECONDS", 0.0)
    with pytest.raises(RecordUnavailable):
        overload.verify("redis://127.0.0.1:1")
