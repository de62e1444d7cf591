"""On our own Redis each service may do what it needs, and nobody else anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from launcher.redis.access import RedisAddresses, format_users, make_access
from launcher.redis.binary import RedisBinary, find_redis_binaries
from launcher.redis.named import check_named_redis, is_open_to_all
from launcher.redis.server import connect, is_serving, make_redis_service
from launcher.supervision.log_file import LogFile
from launcher.supervision.parent_death import Guard
from launcher.supervision.service import Run, Service
from protocol import channels
from tests.support.ports import find_free_port
from tests.support.redis_server import run_redis
from tests.support.waiting import wait_until

CLAIM = channels.claim_key("alice", "once")
SNAPSHOT = channels.snapshot_key(4)
REPLIES = channels.reply_channel("1")
HSET = "return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])"
SET = "return redis.call('SET', KEYS[1], ARGV[1])"
PUBLISH = "return redis.call('PUBLISH', ARGV[1], ARGV[2])"
RPUSH = "return redis.call('RPUSH', KEYS[1], ARGV[1])"

Command = list[str | int | float]
Table = dict[str, list[Command]]

ALLOWED: Table = {
    "engine": [
        ["EVAL", HSET, 1, channels.STATE, "sequence", "1"],
        ["EVAL", PUBLISH, 0, channels.TRADE_EVENTS, "x"],
        ["EVAL", PUBLISH, 0, REPLIES, "x"],
        ["XADD", channels.JOURNAL, "1-0", "a", "b"],
        ["RPUSH", SNAPSHOT, "part"],
        ["MEMORY", "USAGE", SNAPSHOT],
        ["UNLINK", SNAPSHOT],
        ["BLMOVE", channels.ORDER_QUEUE, channels.ORDER_QUEUE, "LEFT", "LEFT", "0.01"],
        ["SET", channels.LEASE, "x", "PX", "3000"],
        ["INFO"],
        ["TIME"],
        ["CONFIG", "GET", "appendfsync"],
    ],
    "order_gateway": [
        ["SET", channels.claim_key("", ""), "", "XX"],
        ["RPUSH", channels.ORDER_QUEUE, "x"],
        ["EVAL", RPUSH, 1, channels.ORDER_QUEUE, "x"],
        ["EVAL", SET, 1, CLAIM, "1"],
        ["HSETNX", channels.STATE, "id_key", "x"],
        ["HGET", channels.STATE, "sequence"],
        ["XRANGE", channels.JOURNAL, "-", "+"],
        ["PTTL", channels.LEASE],
        ["SUBSCRIBE", channels.EXECUTION_REPORTS],
        ["SUBSCRIBE", REPLIES],
    ],
    "market_data": [
        ["HGET", channels.STATE, "sequence"],
        ["XRANGE", channels.JOURNAL, "-", "+"],
        ["LRANGE", SNAPSHOT, 0, -1],
        ["SUBSCRIBE", channels.TRADE_EVENTS],
    ],
    "archive": [
        ["XRANGE", channels.JOURNAL, "-", "+"],
        ["EVAL", HSET, 1, channels.STATE, "archive_sequence", "1"],
    ],
}
FORGERIES: list[Command] = [
    ["PUBLISH", channels.TRADE_EVENTS, "x"],
    ["EVAL", PUBLISH, 0, channels.TRADE_EVENTS, "x"],
    ["PUBLISH", REPLIES, "x"],
    ["XADD", channels.JOURNAL, "9-0", "a", "b"],
    ["SET", channels.STATE, "x"],
    ["DEL", channels.STATE],
    ["SET", channels.LEASE, "x"],
    ["LPUSH", channels.ORDER_QUEUE, "x"],
    ["LPOP", channels.ORDER_QUEUE],
    ["RPUSH", SNAPSHOT, "x"],
    ["GET", "elsewhere"],
]
ADMINISTRATION: list[Command] = [
    ["FLUSHALL"],
    ["KEYS", "*"],
    ["CONFIG", "SET", "appendfsync", "no"],
    ["ACL", "LIST"],
    ["CLIENT", "LIST"],
    ["SHUTDOWN", "NOSAVE"],
    ["DEBUG", "SLEEP", "0"],
    ["SCRIPT", "FLUSH"],
]
REFUSED: Table = {
    "engine": [*ADMINISTRATION, ["GET", "elsewhere"], ["PUBLISH", "elsewhere", "x"]],
    "order_gateway": [
        *ADMINISTRATION,
        *FORGERIES,
        ["EVAL", HSET, 1, channels.STATE, "sequence", "9"],
        ["EVAL", SET, 1, channels.STATE, "9"],
        ["HSET", channels.STATE, "sequence", "9"],
        ["DEL", CLAIM],
        ["CONFIG", "GET", "appendfsync"],
        ["INFO"],
    ],
    "market_data": [
        *ADMINISTRATION,
        *FORGERIES,
        ["RPUSH", channels.ORDER_QUEUE, "x"],
        ["EVAL", HSET, 1, channels.STATE, "sequence", "9"],
    ],
    "archive": [
        *ADMINISTRATION,
        *FORGERIES,
        ["RPUSH", channels.ORDER_QUEUE, "x"],
        ["EVAL", SET, 1, channels.STATE, "9"],
        ["SUBSCRIBE", channels.TRADE_EVENTS],
    ],
}


@pytest.fixture(
    scope="module", params=list(find_redis_binaries()), ids=lambda binary: str(binary.name)
)
def addresses(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisAddresses]:
    """The addresses of a server as the launcher starts it, in a folder with an awkward name."""
    binary: RedisBinary = request.param
    folder = tmp_path_factory.mktemp("server") / 'a "quoted" \\ name'
    port = find_free_port()
    access = make_access(port)
    service = make_redis_service(binary, port, folder, "100mb", print, access.configuration)
    with _serve(service, LogFile(folder / "redis.log"), access.addresses):
        yield access.addresses


def _list_cases(table: Table) -> list[object]:
    return [
        pytest.param(user, command, id=f"{user} {' '.join(map(str, command))[:60]}")
        for user, commands in table.items()
        for command in commands
    ]


def _run(url: str, command: Command) -> object:
    with connect(url) as client:
        if command[0] == "SUBSCRIBE":
            subscriber = client.pubsub()
            subscriber.subscribe(command[1])
            return subscriber.parse_response()
        return client.execute_command(*command)


@pytest.mark.parametrize(("user", "command"), _list_cases(ALLOWED))
def test_service_may_do_what_it_needs(
    addresses: RedisAddresses, user: str, command: Command
) -> None:
    _run(addresses.of(user), command)


@pytest.mark.parametrize(("user", "command"), _list_cases(REFUSED))
def test_service_may_do_no_more(addresses: RedisAddresses, user: str, command: Command) -> None:
    with pytest.raises(redis.ResponseError, match=r"(?i)permission|not allowed|can't (run|access)"):
        _run(addresses.of(user), command)


@pytest.mark.parametrize("command", [["PING"], ["INFO"], ["RPUSH", channels.ORDER_QUEUE, "x"]])
def test_nobody_gets_in_without_a_password(addresses: RedisAddresses, command: Command) -> None:
    host = addresses.launcher.rpartition("@")[2]
    for login in ("", ":guess@", "default:@", "launcher:guess@"):
        with pytest.raises(redis.AuthenticationError):
            _run(f"redis://{login}{host}", command)


@pytest.mark.parametrize("binary", list(find_redis_binaries()), ids=lambda binary: str(binary.name))
def test_a_commit_is_there_after_a_kill(binary: RedisBinary, tmp_path: Path) -> None:
    """A script's writes are a transaction in the append-only file: loading it checks rights."""
    port = find_free_port()
    access = make_access(port)
    folder = tmp_path / "redis"
    service = make_redis_service(binary, port, folder, "100mb", print, access.configuration)
    log = LogFile(tmp_path / "redis.log")
    script = "redis.call('SET', KEYS[1], '1'); redis.call('RPUSH', KEYS[2], '1')"
    with _serve(service, log, access.addresses):
        _run(access.addresses.engine, ["EVAL", script, 2, CLAIM, SNAPSHOT])
    with _serve(service, log, access.addresses):
        assert _run(access.addresses.market_data, ["EXISTS", CLAIM, SNAPSHOT]) == 2


@contextmanager
def _serve(service: Service, log: LogFile, addresses: RedisAddresses) -> Iterator[None]:
    """Run the server, and kill it at the end."""
    service.prepare()
    run = Run(service, log, Guard())
    try:
        wait_until(lambda: run.has_ended or is_serving(addresses.launcher), "Redis serves")
        yield
    finally:
        run.kill()


def test_a_server_with_users_is_not_open_to_all(addresses: RedisAddresses) -> None:
    assert not is_open_to_all(addresses.launcher)
    assert check_named_redis(addresses.launcher).warnings == ()


def test_a_server_without_users_is_said_to_be_open(redis_url: str) -> None:
    assert is_open_to_all(redis_url)
    assert any("lets in everyone" in line for line in check_named_redis(redis_url).warnings)


def test_the_printed_lines_make_the_same_users(tmp_path: Path) -> None:
    with run_redis(tmp_path) as url, connect(url) as client:
        for line in format_users().splitlines():
            client.execute_command(*line.split())
        once = client.acl_list()
        for line in format_users().splitlines():
            client.execute_command(*line.split())
        assert client.acl_list() == once
        own = url.replace("//", "//launcher:PASSWORD_OF_LAUNCHER@")
        assert not is_open_to_all(own)
        for user in RedisAddresses._fields:
            assert is_serving(url.replace("//", f"//{user}:PASSWORD_OF_{user.upper()}@"))


def test_the_configuration_is_for_its_owner_and_has_no_password(tmp_path: Path) -> None:
    access = make_access(1)
    binary = next(find_redis_binaries())
    make_redis_service(binary, 1, tmp_path / "redis", "1gb", print, access.configuration)
    configuration = tmp_path / "redis" / "redis.conf"
    assert configuration.stat().st_mode & 0o777 == 0o600
    for url in access.addresses:
        password = url.partition("@")[0].rpartition(":")[2]
        assert len(password) == 48
        assert password not in configuration.read_text()
