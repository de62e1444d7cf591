"""What is said at the start of a cluster that the user named."""

import pytest

from cluster.address import parse_cluster
from cluster.blocking import open_node, open_primaries, open_primary
from launcher.redis.named_cluster import check_named_cluster
from launcher.setup.errors import LaunchError
from tests.support.redis_cluster import RedisCluster
from tests.support.waiting import wait_until


def test_whole_cluster_loses_nothing(cluster: RedisCluster) -> None:
    found = check_named_cluster(cluster.url)
    assert found.title.endswith("cluster of 3 primaries")
    assert found.durability == "always"
    assert [warning for warning in found.warnings if "it lets in everyone" not in warning] == []


def test_settings_that_lose_something_are_named(cluster: RedisCluster) -> None:
    with cluster.open_primary("order_queue") as client:
        client.config_set("appendfsync", "everysec")
        client.config_set("min-replicas-to-write", 0)
        try:
            warnings = " ".join(check_named_cluster(cluster.url).warnings)
        finally:
            client.config_set("appendfsync", "always")
            client.config_set("min-replicas-to-write", 1)
    assert "appendfsync is everysec: each order waits until both disks have it" in warnings
    assert "min-replicas-to-write is 0: a primary that is cut off goes on taking orders" in warnings


def test_cluster_without_append_only_files_is_refused(cluster: RedisCluster) -> None:
    with cluster.open_primary("order_queue") as client:
        client.config_set("appendonly", "no")
        try:
            with pytest.raises(LaunchError, match="has no append-only file"):
                check_named_cluster(cluster.url)
        finally:
            client.config_set("appendonly", "yes")


def test_url_where_nobody_answers_is_said(cluster: RedisCluster) -> None:
    with pytest.raises(LaunchError, match="no answer from the Redis that you named"):
        check_named_cluster("redis+cluster://127.0.0.1:1")
    assert len(list(open_primaries(cluster.url))) == 3
    with open_node(parse_cluster(cluster.url), cluster.find_primary("order_queue"), 5) as client:
        assert client.ping()


def test_client_of_a_primary_hangs_up_when_it_is_closed(cluster: RedisCluster) -> None:
    with open_primary(cluster.url, "order_queue") as client:
        name = client.client_id()
    with cluster.open_primary("order_queue") as other:
        wait_until(lambda: not other.client_list(client_id=[name]), "its connection has ended")
