"""Archives that are killed while they write."""

from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Engine, event

from archive.writer import Writer
from protocol.journal import JournalEntry
from tests.support.archive_database import EXCHANGE
from tests.support.instruments import make_instruments


class Killed(BaseException):
    """The archive's process is gone."""


kills = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 20)), max_size=6)


def write_with_kills(
    database: Engine, entries: list[JournalEntry], kills: list[tuple[int, int]]
) -> None:
    """Pages of some entries, each killed at some statement where it has that many, and repeated."""
    remaining = {"statements": -1}

    def count_down(*_: Any) -> None:
        remaining["statements"] -= 1
        if remaining["statements"] == 0:
            raise Killed

    event.listen(database, "before_cursor_execute", count_down)
    for page_entries, statements in [*kills, (len(entries), -1)]:
        remaining["statements"] = -1
        writer = Writer(database)
        writer.write_instruments(item.specification for item in make_instruments())
        position = writer.read_position() or writer.begin(EXCHANGE)
        rest = [entry for entry in entries if entry.sequence > position.sequence]
        remaining["statements"] = statements
        try:
            if rest:
                writer.write(rest[:page_entries], position)
        except Killed:
            continue
    event.remove(database, "before_cursor_execute", count_down)
