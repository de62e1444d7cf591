"""Exchanges with several shards: on one Redis, or on a cluster."""

from pathlib import Path

from cluster.address import is_cluster
from launcher.setup.environment import ROOT
from protocol.shards import ShardNames, name_shard

SYMBOLS = {1: "BTC-USDT", 2: "ETH-USDT", 3: "SOL-USDT"}


def list_names(url: str) -> list[ShardNames]:
    """List the shards of an exchange that is on this Redis if the suites' topology decides."""
    if not is_cluster(url):
        return [name_shard(1)]
    return [name_shard(shard, is_clustered=True) for shard in SYMBOLS]


INSTRUMENTS_FILE = ROOT / "examples" / "three_shards.toml"
"""The instruments of the shipped file, each on a shard of its own."""
INSTRUMENTS = INSTRUMENTS_FILE.read_text()


def write_instruments(folder: Path) -> Path:
    """Write the file with these instruments into a folder; return its path."""
    path = folder / "instruments.toml"
    path.write_text(INSTRUMENTS)
    return path
