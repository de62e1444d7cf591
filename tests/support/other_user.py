"""What another user of the machine can do: `python other_user.py FOLDER PORT PID`, as root.

It becomes `nobody` and prints one line for each thing that worked. It imports nothing of ours, as
the other user may not be able to read the repository.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

NOBODY = 65534
_COMMANDS = (b"GET x", b"HGET {order_queue}:state id_key", b"PUBLISH trade_events x", b"SHUTDOWN")


def _become_nobody() -> None:
    "".encode("idna")  # loads what a connection needs: nobody may be unable to read it
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _read_files(names: list[Path]) -> Iterator[str]:
    for name in names:
        with suppress(PermissionError):
            name.read_bytes()
            yield f"read {name}"


def _ask_redis(port: int) -> Iterator[str]:
    for command in _COMMANDS:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as server:
            server.sendall(command + b"\r\n")
            answer = server.recv(100)
            if not answer.startswith(b"-NOAUTH"):
                yield f"{command!r} {answer!r}"


def _stop(pid: int) -> Iterator[str]:
    with suppress(PermissionError):
        os.kill(pid, signal.SIGTERM)
        yield f"stopped {pid}"


def main() -> None:
    """Try everything."""
    folder, port, pid = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    names = [path for path in folder.rglob("*") if path.is_file()]
    names.append(Path(f"/proc/{pid}/environ"))
    _become_nobody()
    for found in [*_read_files(names), *_ask_redis(port), *_stop(pid)]:
        print(found)  # noqa: T201
    print(f"tried {len(names)} files")  # noqa: T201


if __name__ == "__main__":
    main()
