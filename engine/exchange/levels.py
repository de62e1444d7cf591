"""Levels: what changes the published bytes, the state hash or a rule begins with one.

A new exchange begins at the newest level, and keeps in its state which that was. In an older one
the engine puts a `configure` with the new level at the list's head: what stands before it in the
journal replays and verifies as it did when it was written.
"""

from enum import IntEnum


class Level(IntEnum):
    """Each level has what those before it have."""

    FIRST = 0
    """Timers are points of the stamps' time."""
    ELAPSED = 1
    """Timers count the time that the journal says has elapsed."""
    LEDGER = 2
    """Accounts have balances: orders hold them, trades move them and are charged."""
    ORDERS = 3
    """Orders have more than type, prices and quantity: what a `new` says of it counts from here."""
    CONDITIONAL = 4
    """Orders follow the market or hang on one another: trailing stops and order lists."""


NEWEST = max(Level)


class UnknownLevel(ValueError):
    """A later version wrote it: this one does not know what it would have to do."""


def find_level(number: int) -> Level:
    """Find the level with this number; raise UnknownLevel if this version has none."""
    try:
        return Level(number)
    except ValueError:
        raise UnknownLevel(f"level {number} is not known here, the newest is {NEWEST}") from None
