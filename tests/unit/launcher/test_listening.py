import os
import socket

import pytest

from launcher.setup.errors import LaunchError
from launcher.supervision.listening import (
    find_port_owner,
    format_url,
    is_port_free,
    open_listening_socket,
)


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
