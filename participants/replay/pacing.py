"""Play a replay in its own time, faster, slower or stepwise."""

import time
from collections.abc import Callable

from participants.asking import Ask
from participants.replay.control import Control
from participants.replay.replay import Replay

_SLICE_SECONDS = 0.05
"""Between two looks at the time."""
_MICROSECONDS = 1_000_000


class ExchangeClock:
    """The exchange's clock: one that goes by itself, or one that the record moves on."""

    def __init__(self, ask: Ask, step_seconds: float = 1.0) -> None:
        self._ask = ask
        mode = ask("GET", "/v1/clock", None, "default")["mode"]
        self.is_manual = mode == "manual"
        self.factor = float(mode.removesuffix("x")) if mode.endswith("x") else 1.0
        """How many of its seconds a second has."""
        self.step_seconds = step_seconds
        """How much of the record is played between two moves of a manual clock."""

    def move(self, seconds: float) -> None:
        """Move a manual clock on; any other goes by itself."""
        microseconds = round(seconds * _MICROSECONDS)
        if self.is_manual and microseconds > 0:
            body = {"advance": f"{microseconds}us"}
            self._ask("POST", "/v1/admin/clock", body, "default")


def run_replay(
    replay: Replay, control: Control, clock: ExchangeClock, tell: Callable[[Replay], None]
) -> None:
    """Play until the record ends or is stopped; `tell` hears after each step.

    A manual clock is moved on by the record, as fast as the exchange goes. With any other, the
    record follows it at the `control`'s speed; where the exchange is slower, nothing is left out.
    """
    last = time.monotonic()
    while not (replay.is_done or control.is_stopped):
        seek = control.take_seek()
        if seek is not None:
            replay.seek(seek)
            last = time.monotonic()
        elif control.is_paused:
            replay.play_moments(control.take_steps())
            tell(replay)
            control.wait(None)
            last = time.monotonic()
        elif clock.is_manual:
            replay.play_until(replay.position + clock.step_seconds)
            clock.move(clock.step_seconds)
        else:
            passed, last = time.monotonic() - last, time.monotonic()
            replay.play_until(replay.position + passed * control.speed * clock.factor)
            tell(replay)
            control.wait(_SLICE_SECONDS)
        tell(replay)
