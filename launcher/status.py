"""The sub-command `status`: a line for each process."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from launcher.banner import describe_redis
from launcher.redis.cluster_nodes import describe_node, find_node
from launcher.redis.named import OPEN
from launcher.redis.named_cluster import is_open
from launcher.redis.server import connect, is_serving
from launcher.services import PARTICIPANTS
from launcher.supervision.readiness import Health, read_readiness
from launcher.supervision.run_file import RunRecord, ServiceRecord
from launcher.supervision.shards import find_shard_of, list_shards_of
from protocol import channels
from protocol.market_file import MarketFile
from protocol.shards import ShardNames
from protocol.standbys import decode_standbys

_LINE = "{:<16} {:<9} {:>8} {:>6}  {}"


def show_status(record: RunRecord) -> int:
    """Print a line for each process; return 0 if all are well, else 1."""
    print(_LINE.format("service", "state", "pid", "port", "health"))
    print(_LINE.format("launcher", "running", record.launcher.pid, "-", "-"))
    if not record.redis.is_own:
        serving = is_serving(record.redis.url)
        print(f"redis        {'up' if serving else 'DOWN'}: {describe_redis(record)}")
        if is_open(record.redis.url):
            print(f"             WARNING: {OPEN}")
    results = [_show_service(record, service) for service in record.services]
    if record.gateway_url and record.find_service(PARTICIPANTS) is None:
        print(_LINE.format(PARTICIPANTS, "off", "-", "-", "the page's demo button starts them"))
    return 0 if all(results) else 1


def _show_service(record: RunRecord, service: ServiceRecord) -> bool:
    """Print its line; return whether it is well."""
    process = service.process
    if process is None or not process.is_alive:
        print(_LINE.format(service.name, "STOPPED", "-", "-", "-"))
        return False
    health = _read_service_health(record, service)
    port = _find_port(record, service) or "-"
    state = "running" if health.is_ready else "NOT WELL"
    print(_LINE.format(service.name, state, process.pid, port, health.text))
    return health.is_ready


def _find_port(record: RunRecord, service: ServiceRecord) -> int | None:
    node = find_node(record.redis.url, service.name)
    if node is not None:
        return node.port
    return urlsplit(record.redis.url if service.name == "redis" else service.health or "").port


def _read_service_health(record: RunRecord, service: ServiceRecord) -> Health:
    if service.health:
        return read_readiness(service.health.removesuffix("/health"))
    node = find_node(record.redis.url, service.name)
    if node is not None:
        return Health(*describe_node(record.redis.url, node))
    if not is_serving(record.redis.url):
        return Health(False, "no answer" if service.name == "redis" else "no Redis")
    names = find_shard_of(service.name)
    if names is not None:
        return _read_engine_health(record.redis.url, names, service)
    if service.name == "archive":
        return _read_archive_health(record)
    if service.name == PARTICIPANTS:
        market = MarketFile(Path(record.place.folder)).read()
        return Health(True, market.describe() if market else "ending")
    return Health(True, "answers")


def _read_archive_health(record: RunRecord) -> Health:
    """It is well if it has followed the engine and its database answers the gateway."""
    fields = (channels.STATE_SEQUENCE, channels.STATE_ARCHIVE_SEQUENCE)
    found = []
    for names in list_shards_of(record):
        with connect(record.redis.url, names=names) as client:
            found.append(client.hmget(names.state, fields))
    behind = sum(int(sequence or 0) - int(archived or 0) for sequence, archived in found)
    has_kept_nothing = any(archived is None for _, archived in found)
    text = f"behind={behind}"
    if record.gateway_url and not read_readiness(record.gateway_url).is_whole:
        return Health(False, f"{text}, its database does not answer")
    if has_kept_nothing and behind:
        return Health(False, f"{text}, it has kept nothing yet; see its log")
    return Health(True, text)


def _read_engine_health(url: str, names: ShardNames, service: ServiceRecord) -> Health:
    """Of an engine that serves, or of a standby: these say of themselves who they are."""
    with connect(url, names=names) as client:
        sequence = int(client.hget(names.state, channels.STATE_SEQUENCE) or 0)
        if not client.exists(names.lease):
            return Health(False, "holds no lease")
        standbys = decode_standbys(client.hgetall(names.standbys), client.time()[0])
        pending = client.llen(names.order_queue)
    here = socket.gethostname(), service.process and service.process.pid
    for standby in standbys:
        if (standby.host, standby.pid) == here:
            behind = max(0, sequence - standby.sequence)
            return Health(True, f"standby sequence={standby.sequence} behind={behind}")
    more = f" standbys={len(standbys)}" if standbys else ""
    return Health(True, f"sequence={sequence} pending={pending}{more}")
