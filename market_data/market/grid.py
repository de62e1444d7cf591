"""Checks decimal strings from outside against an instrument's tick or lot."""

from market_data.market.broken_event import BrokenEvent
from protocol.decimals import Increment


def read_steps(text: str, increment: Increment) -> int:
    """Return the whole steps in `text`; raise BrokenEvent if it is no decimal or off the grid."""
    try:
        steps, remainder = increment.to_steps(text)
    except ValueError:
        raise BrokenEvent(f"{text!r:.60} is not a decimal") from None
    if remainder:
        raise BrokenEvent(f"{text} is not a multiple of {increment.text}")
    return steps
