"""URLs of clusters."""

import pytest

from cluster.address import ClusterAddress, Node, is_cluster, parse_cluster


def test_url_names_nodes_and_login() -> None:
    address = parse_cluster("rediss+cluster://engine:p%40ss@one:7000,two:7001/0")
    assert address == ClusterAddress((Node("one", 7000), Node("two", 7001)), "engine", "p@ss", True)


def test_bare_url_has_no_login() -> None:
    assert parse_cluster("redis+cluster://[::1]:7000") == ClusterAddress((Node("::1", 7000),))


def test_url_of_one_server_is_no_clusters() -> None:
    assert not is_cluster("redis://127.0.0.1:6379/0")
    assert is_cluster("redis+cluster://127.0.0.1:7000")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("redis+cluster://one", "'one' is not host:port"),
        ("redis+cluster://one:0", "'one:0' is not host:port"),
        ("redis+cluster://one:7000,", "'' is not host:port"),
        ("redis+cluster://one:7000/3", "a cluster has database 0 alone, not '3'"),
        ("redis://one:7000", "redis:// is no cluster"),
    ],
)
def test_bad_url_is_refused_with_the_right_form(url: str, message: str) -> None:
    with pytest.raises(ValueError, match="use redis\\+cluster://") as refused:
        parse_cluster(url)
    assert message in str(refused.value)


def test_refusal_does_not_tell_the_password() -> None:
    with pytest.raises(ValueError, match="not host:port") as refused:
        parse_cluster("redis+cluster://user:secret@one")
    assert "secret" not in str(refused.value)
