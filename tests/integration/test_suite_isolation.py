"""The suite's own Redis is nobody else's: a user's data is not touched by running the tests."""

from urllib.parse import urlsplit

from tests.support.redis_client import open_redis

DEFAULT_PORT = 6379


def test_tests_do_not_flush_the_users_redis(redis_server: str) -> None:
    assert urlsplit(redis_server).port != DEFAULT_PORT
    with open_redis(redis_server) as client:
        folder = client.config_get("dir")["dir"]
    assert "pytest" in str(folder)
