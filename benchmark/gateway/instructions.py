"""Instructions an order costs the gateways, counted by valgrind: the same on a busy machine.

What the kernel does is not counted. Each case is sent twice, the second time with twice as many
orders, so that what a connection costs falls out.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from benchmark.gateway import signed
from benchmark.gateway.load import Load, open_order_stream, send, share
from benchmark.gateway.process import Server, run_engine, run_server
from benchmark.shared.figures import Figures
from tests.support.shards import INSTRUMENTS

ORDERS = 400
FOURTH = """
[[instrument]]
symbol = "XRP-USDT"
base_asset = "XRP"
quote_asset = "USDT"
tick_size = "0.0001"
lot_size = "0.1"
shard = 4
"""
"""A shard beside those of the three instruments."""
MANY = 32
ONE, SEVERAL = "one at a time", f"{MANY} under way"
_TOTAL = re.compile(rb"^totals: (\d+)", re.MULTILINE)
_ORDERS = "/v1/orders"
_RESULT = f"{_ORDERS}?response=result"


class Case(NamedTuple):
    """A load, the module that gets it, and that one's settings."""

    name: str
    module: str
    load: Load
    settings: Mapping[str, str] = {}


_SIGNED = signed.SETTINGS
CASES = [
    Case("bare FastAPI", "benchmark.gateway.bare", Load(_ORDERS, ORDERS)),
    Case("ack", "order_gateway", Load(_ORDERS, ORDERS)),
    Case("ack on a stream", "order_gateway", Load(_ORDERS, ORDERS, open=open_order_stream)),
    Case(
        "ack on one stream", "order_gateway", Load(_ORDERS, ORDERS, open=share(open_order_stream))
    ),
    Case("result", "order_gateway", Load(_RESULT, ORDERS)),
    Case(
        "result, signed",
        "order_gateway",
        Load(_RESULT, ORDERS, open=signed.SignedConnection.connect),
        _SIGNED,
    ),
    Case(
        "Binance, order.place, one socket",
        "binance_gateway",
        Load("", ORDERS, open=share(signed.BinanceSocket.connect)),
        _SIGNED,
    ),
]


def report_instructions(url: str, folder: Path, figures: Figures) -> None:
    """Print the instructions an order of each case, one at a time and many under way."""
    print("\nInstructions of the serving process, by valgrind")
    with run_engine(url, folder):
        for (module, settings), cases in groupby(CASES, lambda case: (case.module, case.settings)):
            with run_counted(module, url, folder, **settings) as server:
                for case in cases:
                    _report(server, folder, case, figures)
        _report_routing(url, folder, figures)


def _report_routing(url: str, folder: Path, figures: Figures) -> None:
    """Print what an `ack` costs a gateway that knows four shards, beside one that knows one."""
    file = folder / "four_shards.toml"
    file.write_text(INSTRUMENTS + FOURTH)
    [alone] = [case for case in CASES if case.name == "ack"]
    sharded = alone._replace(name="ack, 4 shards")
    with run_counted(alone.module, url, folder, INSTRUMENTS_FILE=str(file)) as server:
        _report(server, folder, sharded, figures)
    for each in (ONE, SEVERAL):
        counts = [figures[_name(case, each)] for case in (alone, sharded)]
        figures[f"4 shards, {each}: x instructions of one"] = counts[1] / counts[0]
        print(f"  4 shards / 1 shard, {each}: {counts[1] / counts[0]:.3f} x")


@contextmanager
def run_counted(module: str, url: str, folder: Path, **settings: str) -> Iterator[Server]:
    """Run a server that counts its instructions into files of `folder`."""
    under = [
        *("valgrind", "--tool=callgrind", "--instr-atstart=no"),
        f"--callgrind-out-file={folder}/callgrind.%p",
    ]
    with run_server(module, url, folder, under, **settings) as server:
        yield server


def _report(server: Server, folder: Path, case: Case, figures: Figures) -> None:
    counted = [
        count_instructions(server, folder, case.load._replace(connections=connections))
        for connections in (1, MANY)
    ]
    for name, count in zip((ONE, SEVERAL), counted, strict=True):
        figures[_name(case, name)] = count
    print(f"  {case.name:<32} {counted[0]:>10,.0f} an order, {counted[1]:>10,.0f} if {SEVERAL}")


def _name(case: Case, connections: str) -> str:
    return f"{case.name}, {connections}: instructions an order"


def count_instructions(server: Server, folder: Path, load: Load) -> float:
    """Return the instructions an order of the load."""
    send(server.port, load._replace(requests=load.requests // 4))
    counts = []
    for times in (1, 2):
        _control(server, "--instr=on")
        send(server.port, load._replace(requests=load.requests * times))
        _control(server, "--instr=off")
        counts.append(_take_count(server, folder))
    return (counts[1] - counts[0]) / (load.requests * load.orders)


def _take_count(server: Server, folder: Path) -> int:
    """Return what was counted since the last time."""
    _control(server, "--dump")
    [dump] = folder.glob(f"callgrind.{server.pid}.*")
    found = _TOTAL.search(dump.read_bytes())
    assert found
    dump.unlink()
    return int(found[1])


def _control(server: Server, what: str) -> None:
    command = ["callgrind_control", what, str(server.pid)]
    subprocess.run(command, check=True, capture_output=True)
