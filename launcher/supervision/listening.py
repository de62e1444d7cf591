"""Listening sockets, opened by the launcher so that several workers can share one; free ports."""

import errno
import re
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from launcher.setup.errors import LaunchError
from protocol.hosts import format_host

_BACKLOG = 2048
_BOTH = {"127.0.0.1", "localhost"}
"""Hosts that mean this machine alone, which goes by `::1` too: a client may take either first."""
_TRIES = 20


def open_listening_sockets(host: str, port: int, setting: str) -> list[socket.socket]:
    """Return listening sockets; raise LaunchError, which names the port's owner and `setting`.

    For this machine's own address they are on 127.0.0.1 and, where there is IPv6, on ::1. Port 0
    takes one that is free on both.
    """
    if host not in _BOTH:
        return [open_listening_socket(host, port, setting)]
    for _ in range(_TRIES):
        first = open_listening_socket("127.0.0.1", port, setting)
        try:
            return [first, *_listen_on_ipv6(first.getsockname()[1])]
        except OSError as error:
            first.close()
            if port:
                raise LaunchError(_explain(error, "::1", port, setting)) from None
    raise LaunchError("no port is free on both 127.0.0.1 and ::1")


def open_listening_socket(host: str, port: int, setting: str) -> socket.socket:
    """Return a listening socket; raise LaunchError as `open_listening_sockets` does."""
    try:
        return _listen(host, port)
    except OSError as error:
        raise LaunchError(_explain(error, host, port, setting)) from None


def _listen_on_ipv6(port: int) -> list[socket.socket]:
    """Listen on ::1; a machine without IPv6 has none."""
    try:
        return [_listen("::1", port)]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise
        return []


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def is_port_free(port: int) -> bool:
    """Return whether nothing listens on `port` of 127.0.0.1 and a server could."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def find_free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def format_url(scheme: str, server: socket.socket, path: str = "") -> str:
    """Return the URL of `server` for a client on this machine."""
    host, port = server.getsockname()[:2]
    host = {"0.0.0.0": "localhost", "::": "localhost", "127.0.0.1": "localhost"}.get(host, host)  # noqa: S104
    return f"{scheme}://{format_host(host)}:{port}{path}"


def _explain(error: OSError, host: str, port: int, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        owner = find_port_owner(port) or "another process"
        return f"port {port} is taken by {owner}; stop it, or set {setting}_PORT to another port"
    if error.errno == errno.EACCES:
        return f"port {port} needs root; set {setting}_PORT to one above 1023"
    return (
        f"cannot listen on {format_host(host)}:{port} ({error}); check {setting}_HOST and"
        f" {setting}_PORT"
    )


def find_port_owner(port: int) -> str | None:
    """Return `name (pid 123)` of the process that listens on `port`; None if it cannot be seen."""
    if sys.platform == "linux":
        return _find_owner_in_proc(port)
    with suppress(OSError):
        answer = subprocess.run(
            ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        found = re.search(r"p(\d+)\nc(.+)", answer.stdout)
        return f"{found[2]} (pid {found[1]})" if found else None
    return None


def _find_owner_in_proc(port: int) -> str | None:
    sockets = {f"socket:[{inode}]" for inode in _find_listening_inodes(port)}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(descriptor.readlink()) in sockets:
                process = descriptor.parent.parent
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return None


def _find_listening_inodes(port: int) -> list[str]:
    lines = [
        line.split()
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
    ]
    return [line[9] for line in lines if line[3] == "0A" and line[1].endswith(f":{port:04X}")]
