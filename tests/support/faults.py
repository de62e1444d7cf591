"""Faults, made exactly where a test wants them."""

import select
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from redis import Connection, Redis

from engine.storage.redis_client import connect_redis


class Stopped(BaseException):
    """The engine's process ends here, so none of its code may catch this."""


class Moment(Enum):
    """A moment in the life of a Redis command."""

    BEFORE_SEND = auto()
    AFTER_SEND = auto()
    AFTER_REPLY = auto()


class CrashPoint:
    """Stops an engine at a moment of its `command`th Redis command (from 1; 0: never)."""

    def __init__(self, command: int = 0, moment: Moment = Moment.BEFORE_SEND) -> None:
        self.sent: list[bytes] = []
        """The commands so far, as they went over the wire."""
        self._command = command
        self._moment = moment
        self._is_dead = False

    def pass_by(self, moment: Moment, hang_up: Callable[[], None]) -> None:
        """Raise Stopped if the engine is to stop now, or has been stopped."""
        if self._is_dead or (len(self.sent), moment) == (self._command, self._moment):
            self._is_dead = True
            hang_up()
            raise Stopped


class CrashingConnection(Connection):
    """Passes by `point` before each send, after it and after each reply.

    Calls `on_empty` before it waits at an empty list.
    """

    def __init__(self, *, point: CrashPoint, on_empty: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._point = point
        self._on_empty = on_empty

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        if not self._sock:
            self.connect()  # type: ignore[no-untyped-call]
        if any(b"BLMOVE" in part for part in command):
            self._on_empty()
        self._point.sent.append(b"".join(command))
        self._point.pass_by(Moment.BEFORE_SEND, self.disconnect)
        super().send_packed_command(command, check_health)  # type: ignore[no-untyped-call]
        self._point.pass_by(Moment.AFTER_SEND, self._hang_up_once_done)

    def _hang_up_once_done(self) -> None:
        """Hang up once the unread answer is there, so that the command has been done."""
        if self._sock:
            select.select([self._sock], [], [], 10.0)
        self.disconnect()  # type: ignore[no-untyped-call]

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().read_response(*arguments, **options)
        finally:
            self._point.pass_by(Moment.AFTER_REPLY, self.disconnect)


def connect_until(url: str, point: CrashPoint, on_empty: Callable[[], None]) -> Redis:
    """Return the engine's own client, with which it stops at `point`, or once all is done."""
    client = connect_redis(url)
    client.connection_pool.connection_class = CrashingConnection
    client.get_connection_kwargs().update(point=point, on_empty=on_empty)
    return client
