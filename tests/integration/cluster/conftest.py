"""One cluster for all tests of the folder, each of which gets it whole and empty."""

from collections.abc import Iterator

import pytest

from tests.support.redis_cluster import RedisCluster, run_redis_cluster


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    with run_redis_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def cluster(shared_cluster: RedisCluster) -> RedisCluster:
    shared_cluster.wait_until_whole()
    shared_cluster.clear()
    return shared_cluster
