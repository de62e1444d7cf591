"""The shards of a running system, by the engines that its run file has."""

from launcher.supervision.run_file import RunRecord
from protocol.shards import MAX_SHARDS, ShardNames, name_shard

_BY_PROCESS = {
    names.process: names for names in (name_shard(shard) for shard in range(1, MAX_SHARDS + 1))
}


_STANDBY = "-standby"


def name_standby(names: ShardNames, number: int) -> str:
    """Return what the standby of this number, from 1 on, of a shard is called."""
    return names.process + _STANDBY + (f"-{number}" if number > 1 else "")


def find_shard_of(service: str) -> ShardNames | None:
    """Return the names of the shard of an engine or standby of that name; None for any other."""
    return _BY_PROCESS.get(service.partition(_STANDBY)[0])


def list_shards_of(record: RunRecord) -> list[ShardNames]:
    """List the names of all shards, the first one first."""
    return [name_shard(shard) for shard in record.shards]
