"""Which entries a commit takes together, and what stands in the place of an `advance`.

The stamp of a commit is one for all its commands. So an `advance` is only ever the first of its
commit, and one over a moment at which something is due is replaced, in the list, by one up to that
moment, a timer entry and one for the rest: each thing happens at its own time, in order, and the
journal says so. A `reset` is in no commit at all.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.exchange.entries import Malformed, Unreadable, read_entry
from engine.exchange.exchange import Exchange
from engine.exchange.own_entries import make_advance, make_timer_entry
from protocol import codec
from protocol.commands import QueueEntry, check_advance
from protocol.enums import CommandType
from protocol.refusal import Refusal


class Turn(NamedTuple):
    """The entries of one commit, and by how many microseconds the clock moves at its start.

    If it `is_passing`, the next commit follows at once, at a time of its own.
    """

    entries: Sequence[bytes]
    advance: int = 0
    is_passing: bool = False


def choose_turn(entries: Sequence[bytes], poisonous: frozenset[bytes]) -> Turn:
    """Choose from the entries those of the next commit.

    Those in `poisonous` will be rejected without a try.
    """
    places = (
        place
        for place in range(1, len(entries))
        if _read_advance(entries[place]) is not None or find_reset(entries[place]) is not None
    )
    end = next(places, None)
    advance = 0 if entries[0] in poisonous else _read_advance(entries[0]) or 0
    return Turn(entries[:end], advance, is_passing=end is not None)


def split_advance(entry: bytes, exchange: Exchange) -> list[bytes] | None:
    """Return the entries in the place of one; None if it is no `advance`, or nothing is due."""
    advance, due = _read_advance(entry), exchange.find_due()
    if advance is None or due is None or exchange.elapsed + advance < due:
        return None
    part = max(0, due - exchange.elapsed)
    rest = codec.decode_entry(entry)
    rest.elapsed = advance - part
    return [make_advance(part), make_timer_entry(exchange.elapsed + part), codec.encode(rest)]


def find_reset(raw: bytes) -> QueueEntry | None:
    """Return the entry if it is a `reset`."""
    return _read_as(CommandType.RESET, raw)


def _read_advance(raw: bytes) -> int | None:
    """Return by how much an entry moves the clock; None for any other, and for one to refuse."""
    entry = _read_as(CommandType.ADVANCE, raw)
    try:
        return None if entry is None else check_advance(entry.elapsed)
    except Refusal:
        return None


def _read_as(command: CommandType, raw: bytes) -> QueueEntry | None:
    """Read an entry if it has this command."""
    if command.encode() not in raw:
        return None
    try:
        entry = read_entry(raw)
    except (Malformed, Unreadable):
        return None
    return entry if entry.command is command else None
