"""What an order costs on several shards of one Redis, beside one shard with as many."""

import signal
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from redis import Redis

from benchmark.shared.child_process import Child, run_python
from benchmark.shared.cpu_clock import read_cpu
from benchmark.shared.figures import Figures
from benchmark.shared.order_entries import make_entries
from benchmark.shared.positions import read_redis_pid
from engine.storage.state import load_id_key
from protocol.channels import STATE_ID_KEY, STATE_READY, STATE_SEQUENCE
from protocol.shards import FIRST, ShardNames, name_shard
from tests.support.waiting import wait_until

DEADLINE_SECONDS = 120.0
_SYMBOL = "BTC-USDT"
_INSTRUMENT = """
[[instrument]]
symbol = "{}"
base_asset = "{}"
quote_asset = "USDT"
tick_size = "0.01"
lot_size = "0.00001"
shard = {}
"""


class Cost(NamedTuple):
    """CPU microseconds an order: of all engines, and of Redis."""

    engines: float
    redis: float

    @property
    def total(self) -> float:
        """Of both."""
        return self.engines + self.redis


def measure_shards(url: str, client: Redis, shards: int, orders: int, rounds: int) -> Figures:
    """Drain `orders` on one shard and on several, in turn; print and return the medians."""
    key = load_id_key(client)
    one: list[Cost] = []
    several: list[Cost] = []
    for _ in range(rounds):
        one.append(_drain(url, client, key, 1, orders))
        several.append(_drain(url, client, key, shards, orders))
    figures: Figures = {}
    for name, costs in (("1 shard", one), (f"{shards} shards", several)):
        engines, server = (statistics.median(column) for column in zip(*costs, strict=True))
        print(f"  {name:<10}: engines {engines:5.2f} us   Redis {server:5.2f} us of CPU an order")
        figures |= {f"{name}: engine us an order": engines, f"{name}: Redis us an order": server}
    ratio = statistics.median(b.total / a.total for a, b in zip(one, several, strict=True))
    print(f"  {shards} shards / 1 shard: {ratio:.3f} x the CPU an order")
    return figures | {f"{shards} shards: x CPU of one": ratio}


def _drain(url: str, client: Redis, key: bytes, shards: int, orders: int) -> Cost:
    """Fill the lists while the engines are stopped, then let them go."""
    names = [name_shard(shard) for shard in range(1, shards + 1)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        engines = [
            _start_engine(stack, url, folder, shard, shards) for shard in range(1, shards + 1)
        ]
        for each in names:
            wait_until(lambda: client.hexists(each.state, STATE_READY), "ready")  # noqa: B023
        _wait_for(client, names, 1)  # the first command sets the limits
        for engine in engines:
            engine.send_signal(signal.SIGSTOP)
        for each in names:
            own_key = load_id_key(client, names=each)
            entries = make_entries(orders // shards, own_key, seed=each.shard)
            symbol = _name_symbol(each.shard).encode()
            for start in range(0, len(entries), 1000):
                part = entries[start : start + 1000]
                client.rpush(
                    each.order_queue, *(one.replace(_SYMBOL.encode(), symbol) for one in part)
                )
        server = read_redis_pid(client)
        before = [read_cpu(pid) for pid in (*(engine.pid for engine in engines), server)]
        for engine in engines:
            engine.send_signal(signal.SIGCONT)
        _wait_for(client, names, 1 + orders // shards)
        after = [read_cpu(pid) for pid in (*(engine.pid for engine in engines), server)]
    client.flushall()
    client.hset(FIRST.state, STATE_ID_KEY, key.hex())
    *used, of_redis = (end - start for start, end in zip(before, after, strict=True))
    return Cost(sum(used) / orders * 1e6, of_redis / orders * 1e6)


def _wait_for(client: Redis, names: Sequence[ShardNames], sequence: int) -> None:
    def has_all() -> bool:
        return all(int(client.hget(each.state, STATE_SEQUENCE) or 0) >= sequence for each in names)

    wait_until(has_all, "all is matched", DEADLINE_SECONDS)


def _name_symbol(shard: int) -> str:
    return _SYMBOL if shard == 1 else f"B{shard}C-USDT"


def _start_engine(stack: ExitStack, url: str, folder: Path, shard: int, shards: int) -> Child:
    file = folder / "instruments.toml"
    symbols = {each: _name_symbol(each) for each in range(1, shards + 1)}
    file.write_text(
        "".join(
            _INSTRUMENT.format(symbol, symbol.partition("-")[0], each)
            for each, symbol in symbols.items()
        )
    )
    settings = {
        "REDIS_URL": url,
        "DATA_DIR": str(folder),
        "INSTRUMENTS_FILE": str(file),
        "LOG_LEVEL": "warning",
        "BALANCES": "unlimited",  # the entries are of one account that nobody gives money
    }
    return stack.enter_context(run_python(["-m", "engine", f"--shard={shard}"], settings))
