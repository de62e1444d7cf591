import errno
import os
import socket
from typing import Any

import pytest

from edge.listening import open_listeners
from launcher.setup.errors import LaunchError
from launcher.supervision.listening import (
    find_port_owner,
    format_url,
    is_port_free,
    open_listening_socket,
    open_listening_sockets,
)


def find_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_who_has_a_port_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_port_free(port)
        owner = find_port_owner(port)
        assert owner is not None
        assert owner.endswith(f"(pid {os.getpid()})")
    assert find_port_owner(port) is None


def test_a_host_that_is_not_ours_is_said() -> None:
    with pytest.raises(LaunchError, match="check GATEWAY_HOST"):
        open_listening_socket("192.0.2.1", 0, "GATEWAY")


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "localhost"), ("0.0.0.0", "localhost"), ("::1", "[::1]")]
)
def test_urls_are_such_that_a_client_here_can_use_them(host: str, shown: str) -> None:
    with open_listening_socket(host, 0, "GATEWAY") as server:
        port = server.getsockname()[1]
        assert format_url("http", server, "/health") == f"http://{shown}:{port}/health"


needs_ipv6 = pytest.mark.skipif(not find_ipv6(), reason="this machine has no IPv6")


@needs_ipv6
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached_under_both_addresses_at_one_port(host: str) -> None:
    servers = open_listening_sockets(host, 0, "GATEWAY")
    (first, port), (second, other_port, *_) = (server.getsockname() for server in servers)
    assert ({first, second}, port) == ({"127.0.0.1", "::1"}, other_port)
    with pytest.raises(LaunchError, match=f"port {port} is taken by"):
        open_listening_sockets(host, port, "GATEWAY")
    servers[0].close()
    with pytest.raises(LaunchError, match=f"port {port} is taken by"):
        open_listening_sockets(host, port, "GATEWAY")
    servers[1].close()


def test_a_machine_without_ipv6_has_one_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def create_server(address: tuple[str, int], **options: Any) -> socket.socket:
        if address[0] == "::1":
            raise OSError(errno.EADDRNOTAVAIL, "no IPv6 here")
        return create(address, **options)

    create = socket.create_server
    monkeypatch.setattr(socket, "create_server", create_server)
    for servers in (
        open_listening_sockets("127.0.0.1", 0, "GATEWAY"),
        open_listeners("localhost", 0),
    ):
        [server] = servers
        assert server.getsockname()[0] == "127.0.0.1"
        server.close()


def test_another_host_is_what_it_says() -> None:
    for host in ("0.0.0.0", "127.0.0.2"):
        [server] = open_listening_sockets(host, 0, "GATEWAY")
        assert server.getsockname()[0] == host
        server.close()
