"""Orders of a counterparty that move a book, for as long as a scenario takes."""

import os
import random
import time
from collections.abc import Awaitable, Callable

SECONDS = float(os.environ.get("BOOK_SECONDS", "20"))
"""How long a book is kept."""
_MOST_ORDERS = 300
_LAST_ORDERS = 15
"""Of each side, away from where they would trade: the book is not empty at the end."""
_MIDDLE, _WALL = 6_000_000, 101

Place = Callable[[str, str], Awaitable[object]]
"""Places a limit order of 0.01: side, price."""


async def move_book(place: Place, cancel_all: Callable[[], Awaitable[object]]) -> None:
    """Place orders around one price until the time is over; leave some on the book."""
    chance, end = random.Random(7), time.monotonic() + SECONDS
    while time.monotonic() < end:
        for _ in range(_MOST_ORDERS):
            side = chance.choice(("BUY", "SELL"))
            away = chance.randint(-300, 30) * (1 if side == "BUY" else -1)
            await place(side, f"{(_MIDDLE + away) / 100:.2f}")
            if time.monotonic() >= end:
                break
        else:
            await cancel_all()
    for away in range(_WALL, _WALL + _LAST_ORDERS):
        await place("BUY", f"{(_MIDDLE - away) / 100:.2f}")
        await place("SELL", f"{(_MIDDLE + away) / 100:.2f}")
