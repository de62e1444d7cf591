"""Which ports the nodes of a local cluster have."""

import socket
from pathlib import Path

import pytest

from launcher.cluster_shape import Shape
from launcher.redis.cluster_nodes import choose_nodes
from launcher.setup.errors import LaunchError

SHAPE = Shape(3, 2)


def test_nodes_have_the_ports_of_before(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    assert choose_nodes(SHAPE, folder).ports == choose_nodes(SHAPE, folder).ports


def test_copy_beside_the_running_original_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    port = choose_nodes(SHAPE, folder).ports[4][0]
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(LaunchError, match=f"port {port} of the cluster in .* is taken"),
    ):
        choose_nodes(SHAPE, folder)
