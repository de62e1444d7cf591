"""The shards of a running system, by the engines that its run file has."""

from launcher.supervision.run_file import RunRecord
from protocol.shards import MAX_SHARDS, ShardNames, name_shard

_BY_PROCESS = {
    names.process: names for names in (name_shard(shard) for shard in range(1, MAX_SHARDS + 1))
}


def find_shard_of(service: str) -> ShardNames | None:
    """Return the names of the shard whose engine is called so; None if it is no engine."""
    return _BY_PROCESS.get(service)


def list_shards_of(record: RunRecord) -> list[ShardNames]:
    """List the names of all shards, the first one first."""
    found = (find_shard_of(service.name) for service in record.services)
    return [names for names in found if names is not None]
