"""What a person or a program says to a replay that runs: by lines, or by REST."""

import json
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from protocol.durations import DURATION_RULE, parse_duration
from protocol.hosts import LOOPBACK_NAMES, split_host

RULE = "one of: pause, resume, speed N, seek DURATION, step [N], stop"
_MAX_BODY = 1024
_SECOND = 1_000_000


class Change(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked for; `seek` is the time since the record's beginning, such as `10m`."""

    speed: float | None = None
    paused: bool | None = None
    seek: str | None = None
    step: int | None = None
    stop: bool = False


class Control:
    """Changes that wait for the replay, and the state that it last told. Safe across threads."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        """Seconds of the record a second."""
        self.is_paused = False
        self.is_stopped = False
        self._seek: float | None = None
        self._steps = 0
        self._changed = threading.Condition()
        self.state: dict[str, Any] = {}
        """What the replay has come to, for who asks."""

    def apply(self, change: Change) -> None:
        """Have the replay do it soon; raise ValueError for a bad value, and change nothing."""
        seek = None if change.seek is None else _read_moment(change.seek)
        if change.speed is not None and not 0 < change.speed <= 1_000_000:
            raise ValueError("speed must be above 0 and at most 1000000")
        if change.step is not None and not 1 <= change.step <= 1_000_000:
            raise ValueError("step must be from 1 to 1000000")
        with self._changed:
            self.speed = self.speed if change.speed is None else change.speed
            self.is_paused = self.is_paused if change.paused is None else change.paused
            self.is_stopped = self.is_stopped or change.stop
            self._seek = self._seek if seek is None else seek
            if change.step is not None:
                self.is_paused = True
                self._steps += change.step
            self._changed.notify_all()

    def take_seek(self) -> float | None:
        """Return where to jump, once."""
        with self._changed:
            seek, self._seek = self._seek, None
            return seek

    def take_steps(self) -> int:
        """Return how many moments to play while it is paused, once."""
        with self._changed:
            steps, self._steps = self._steps, 0
            return steps

    def wait(self, seconds: float | None) -> None:
        """Wait so long, or until something is asked for."""
        with self._changed:
            if not (self._steps or self._seek is not None or self.is_stopped):
                self._changed.wait(seconds)


def read_line(line: str) -> Change:
    """Read a command such as `speed 10`; raise ValueError."""
    match line.split():
        case ["pause"]:
            return Change(paused=True)
        case ["resume"]:
            return Change(paused=False)
        case ["stop"]:
            return Change(stop=True)
        case ["step"]:
            return Change(step=1)
        case ["step", count] if count.isdecimal():
            return Change(step=int(count))
        case ["seek", moment]:
            return Change(seek=moment)
        case ["speed", number]:
            return Change(speed=float(number.rstrip("x")))
        case _:
            raise ValueError(RULE)


def follow_lines(lines: Iterable[str], control: Control, tell: Callable[[str], object]) -> None:
    """Apply each line, and `tell` what is wrong with one, until they end."""
    for line in lines:
        try:
            control.apply(read_line(line))
        except ValueError as error:
            tell(f"{line.strip()!r}: {error}")


def serve_control(control: Control, port: int) -> ThreadingHTTPServer:
    """Serve `GET /` (the state) and `POST /` (a Change) at this machine's loopback address."""

    class Handler(_ControlHandler):
        _control = control

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class _ControlHandler(BaseHTTPRequestHandler):
    """Answers one connection; a page of another origin can send neither JSON nor our name."""

    _control: Control

    def do_GET(self) -> None:
        """Tell the state."""
        if self._is_asked_here():
            self._answer(200, self._control.state)

    def do_POST(self) -> None:
        """Apply a change."""
        if not self._is_asked_here():
            return
        if not self.headers.get("Content-Type", "").startswith("application/json"):
            self._answer(415, {"detail": "send application/json"})
            return
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), _MAX_BODY))
        try:
            self._control.apply(msgspec.json.decode(body, type=Change))
        except ValueError as error:
            self._answer(422, {"detail": str(error)})
        else:
            self._answer(202, self._control.state)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing."""

    def _is_asked_here(self) -> bool:
        is_here = split_host(self.headers.get("Host", ""))[0] in LOOPBACK_NAMES
        if not is_here:
            self._answer(403, {"detail": "ask by 127.0.0.1 or localhost"})
        return is_here

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _read_moment(text: str) -> float:
    try:
        return parse_duration(text) / _SECOND
    except ValueError:
        raise ValueError(f"seek must be {DURATION_RULE}, since the record's beginning") from None
