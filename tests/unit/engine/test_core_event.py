"""Events of a command, read one after the other."""

from collections.abc import Sequence

import pytest

from engine.core import EVENT_RECORD, Event, EventRow, Matcher, OrderType, Side
from engine.exchange.core_event import CoreEvent


def read(event: CoreEvent, events: Sequence[EventRow]) -> list[EventRow]:
    event.open(events)
    read: list[EventRow] = []
    while event.advance():
        read.append(Event._make(getattr(event, name) for name in Event._fields))
    assert not event.advance()
    return read


def test_events_are_the_same_from_records_and_from_rows() -> None:
    event, matcher = CoreEvent(), Matcher()
    matcher.new(0, 1, 1, Side.SELL, OrderType.LIMIT, 5, 100)
    events = matcher.new(0, 2, 2, Side.BUY, OrderType.LIMIT, 8, 101)
    rows = list(events)
    assert len(rows) > 3
    assert read(event, events) == rows
    assert read(event, rows) == rows
    assert read(event, matcher.cancel(2, 2)) != []
    assert read(event, []) == []


def test_events_of_the_compiled_core_are_records() -> None:
    matcher = Matcher()
    events = matcher.new(0, 1, 1, Side.SELL, OrderType.LIMIT, 5, 100)
    if isinstance(events, list):
        pytest.skip("the plain core hands out rows")
    view = memoryview(events)  # type: ignore[arg-type]
    assert view.readonly
    assert list(EVENT_RECORD.iter_unpack(view)) == list(events)
