"""The sub-command `redis` and its actions."""

import json
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import redis

from cluster.address import is_cluster
from launcher.banner import describe_redis
from launcher.data_folder import DataFolder
from launcher.question import confirm
from launcher.redis.access import format_users
from launcher.redis.server import connect, is_serving
from launcher.setup.errors import LaunchError
from launcher.setup.track import read_last_lines
from launcher.supervision.processes import ProcessId
from launcher.supervision.run_file import RunRecord, find_running_system
from launcher.supervision.shards import list_shards_of
from launcher.supervision.waiting import wait_until
from protocol.shards import ShardNames

_SECONDS = 10.0
_MAX_DEAD = 1000
_REQUEST_CLEAR = Path(__file__).with_name("request_clear.lua").read_text()


class RedisCommands:
    """The actions on the Redis of the system that runs on `folder`; each returns an exit status."""

    def __init__(self, folder: DataFolder, record: RunRecord) -> None:
        self._folder = folder
        self._record = record
        self._hold = folder.logs / "redis.hold"

    def show_status(self) -> int:
        """Print what the server says of itself; return 1 if it does not answer."""
        print(describe_redis(self._record))
        if not is_serving(self._record.redis.url):
            print("It does not answer." + (" `redis stop` holds it." * self._hold.exists()))
            return 1
        with connect(self._record.redis.url) as client:
            facts = client.info()
        lists = [self._describe_list(names) for names in list_shards_of(self._record)]
        print(
            f"up {facts['uptime_in_seconds']} s, {facts['connected_clients']} clients\n"
            f"memory {facts['used_memory_human']} of {facts['maxmemory_human']}, "
            f"{facts['maxmemory_policy']}\n"
            f"append-only file {'on' if facts['aof_enabled'] else 'OFF'}, last write "
            f"{facts.get('aof_last_write_status', '-')}\n" + "\n".join(lists)
        )
        return 0

    def stop(self) -> int:
        """Stop it and keep it stopped until `redis restart`."""
        process = self._find_process()
        self._hold.touch()
        if process and not _terminate(process):
            raise LaunchError(f"Redis, pid {process.pid}, does not stop")
        print("Redis is stopped; `start_system.py redis restart` starts it again.")
        return 0

    def restart(self) -> int:
        """Stop it, if it runs, and wait until the launcher has started it again."""
        before = self._find_process()
        self._hold.unlink(missing_ok=True)
        if before and not _terminate(before):
            raise LaunchError(f"Redis, pid {before.pid}, does not stop")
        try:
            wait_until(lambda: is_serving(self._record.redis.url), "Redis is back", _SECONDS)
        except TimeoutError:
            raise LaunchError("Redis is not back yet; see `start_system.py redis logs`") from None
        print("Redis is up again.")
        return 0

    def show_logs(self, lines: int) -> int:
        """Print the last lines of its log."""
        self._require_server()
        print("\n".join(read_last_lines(self._folder.logs / "redis.log", lines)))
        return 0

    def clear(self, *, yes: bool) -> int:
        """Have the engine reject the pending orders; if there is no engine, ask and delete them."""
        shards = list_shards_of(self._record)
        return max([self._clear(names, shards, yes=yes) for names in shards])

    def _clear(self, names: ShardNames, shards: Sequence[ShardNames], *, yes: bool) -> int:
        with self._connect(names) as client:
            return _clear(client, names, shards, yes=yes)

    def _describe_list(self, names: ShardNames) -> str:
        with self._connect(names) as client:
            return _describe_list(client, names)

    def _connect(self, names: ShardNames) -> redis.Redis:
        return connect(self._record.redis.url, names=names)

    def show_url(self) -> int:
        """Print its URL with the password, for `redis-cli -u`."""
        print(self._record.redis.url)
        return 0

    def show_dead(self) -> int:
        """Print each unreadable entry with its reason."""
        shards = list_shards_of(self._record)
        for names in shards:
            with self._connect(names) as client:
                for entry in client.lrange(names.dead, -_MAX_DEAD, -1):
                    print(_describe_dead(entry))
                print(f"{client.llen(names.dead)} unreadable entries{_say_where(names, shards)}.")
        return 0

    def _find_process(self) -> ProcessId | None:
        self._require_server()
        service = self._record.find_service("redis")
        return service.process if service else None

    def _require_server(self) -> None:
        """Raise LaunchError unless it is one server of our own."""
        if not self._record.redis.is_own:
            raise LaunchError("that Redis is yours, named by REDIS_URL; look after it yourself")
        if is_cluster(self._record.redis.url):
            raise LaunchError(
                "that is a cluster: `start_system.py status` shows its servers, each of which has"
                f" a log in {self._folder.logs} and starts again when it ends"
            )


def run_redis_command(
    folder: DataFolder, action: str, *, lines: int, yes: bool, is_sharded: bool = False
) -> int:
    """Run `action` on the running system; raise LaunchError if none runs.

    `users` needs no system: it is for a server that has no users yet. `is_sharded`: the exchange
    has several shards.
    """
    if action == "users":
        print(format_users(is_sharded=is_sharded))
        return 0
    record = find_running_system(folder.path)
    if record is None:
        raise LaunchError(f"no system is running on {folder.path}")
    commands = RedisCommands(folder, record)
    actions: dict[str, Callable[[], int]] = {
        "status": commands.show_status,
        "stop": commands.stop,
        "restart": commands.restart,
        "logs": lambda: commands.show_logs(lines),
        "clear": lambda: commands.clear(yes=yes),
        "dead": commands.show_dead,
        "url": commands.show_url,
    }
    try:
        return actions[action]()
    except redis.RedisError as error:
        raise LaunchError(f"Redis: {error}") from None


def _describe_list(client: redis.Redis, names: ShardNames) -> str:
    pending, dead = client.llen(names.order_queue), client.llen(names.dead)
    return f"{names.order_queue}: {pending} pending, {dead} unreadable (`redis dead`)"


def _say_where(names: ShardNames, shards: Sequence[ShardNames]) -> str:
    return "" if len(shards) == 1 else f" on shard {names.shard}"


def _clear(
    client: redis.Redis, names: ShardNames, shards: Sequence[ShardNames], *, yes: bool
) -> int:
    where = _say_where(names, shards)
    if client.exists(names.lease):
        return _clear_through_engine(client, names, where)
    pending = client.llen(names.order_queue)
    if not confirm(f"No engine: delete {pending} pending orders{where}, unanswered?", yes=yes):
        return 1
    client.delete(names.order_queue)
    print(f"{pending} pending orders deleted{where}.")
    return 0


def _clear_through_engine(client: redis.Redis, names: ShardNames, where: str) -> int:
    """Put the request before all pending entries, with their number: it is about those alone."""
    pending = client.register_script(_REQUEST_CLEAR)(keys=[names.order_queue])
    print(f"{pending} entries were pending{where}: the engine rejects the orders among them.")
    return 0


def _terminate(process: ProcessId) -> bool:
    process.send(signal.SIGTERM)
    return process.wait(_SECONDS)


def _describe_dead(entry: bytes) -> str:
    try:
        fields = json.loads(entry)
        return "{sequence} {timestamp} {reason}: {detail}  {entry!r}".format(**fields)
    except (ValueError, KeyError, TypeError):
        return repr(entry)
