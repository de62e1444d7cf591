"""A service that does nothing but live: `python -m tests.support.stand_in_service`.

`--fd N` answers /health with 200 on an inherited socket. `--stubborn` ignores SIGTERM and says so
once it does, `--busy S` ends S seconds after it, `--broken` ends at once with a complaint.
"""

import argparse
import signal
import socket
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any

STUBBORN = "SIGTERM will be ignored"


class Answer(BaseHTTPRequestHandler):
    """Answers 200 to everything."""

    def do_GET(self) -> None:
        body = b'{"status": "ok"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as above
        pass


class InheritedServer(ThreadingMixIn, UnixStreamServer):
    """Serves on an inherited socket."""

    daemon_threads = True

    def __init__(self, descriptor: int) -> None:
        super().__init__("", Answer, bind_and_activate=False)
        self.socket.close()
        self.socket = socket.socket(fileno=descriptor)

    def get_request(self) -> tuple[socket.socket, Any]:
        return self.socket.accept()


def make_slow_exit(seconds: float) -> Callable[..., None]:
    """Make the handler of somebody who has `seconds` of work left when asked to stop."""

    def exit_later(*_: object) -> None:
        time.sleep(seconds)
        sys.exit()

    return exit_later


def main() -> None:
    """Live until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int)
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--busy", type=float)
    parser.add_argument("--broken", action="store_true")
    arguments = parser.parse_args()
    if arguments.broken:
        sys.exit("the stand-in is broken")
    sys.stderr.write("the stand-in lives\n")
    if arguments.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.stderr.write(f"{STUBBORN}\n")
    if arguments.busy:
        signal.signal(signal.SIGTERM, make_slow_exit(arguments.busy))
        sys.stderr.write(f"it has {arguments.busy:g} s to finish\n")
    if arguments.fd is None:
        while True:
            signal.pause()
    InheritedServer(arguments.fd).serve_forever()


if __name__ == "__main__":
    main()
