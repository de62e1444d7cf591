"""Several shards on one Redis, started as a user would."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from redis import Redis

from protocol.shards import find_shard, name_shard
from tests.support.launched_system import (
    REAL,
    LaunchedSystem,
    launch,
    make_environment,
    run_command,
)
from tests.support.sharded_exchange import trade_over_binance
from tests.support.shards import SYMBOLS, write_instruments
from tests.support.waiting import wait_until

SETTINGS = {"BALANCES": "unlimited", "STANDBYS": "1"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    folder = tmp_path_factory.mktemp("sharded")
    file = write_instruments(folder)
    with launch(REAL, folder / "data", INSTRUMENTS_FILE=str(file), **SETTINGS) as system:
        system.wait_until_ready()
        yield system


def test_each_shard_has_an_engine_and_a_standby(system: LaunchedSystem) -> None:
    wait_until(
        lambda: run_command(system.folder, "status").stdout.count(" standby sequence=") == 3,
        "status shows each standby",
    )
    status = run_command(system.folder, "status")
    assert status.returncode == 0, status.stdout
    for name in ("engine", "engine-2", "engine-3"):
        pair = [
            line
            for line in status.stdout.splitlines()
            if line.startswith((name + " ", name + "-s"))
        ]
        assert sorted("standby sequence=" in line for line in pair) == [False, True]
    assert status.stdout.count(" standbys=1") == 3


def test_orders_trade_on_every_shard_and_reach_feed_and_archive(system: LaunchedSystem) -> None:
    record = system.record
    for shard, symbol in SYMBOLS.items():
        order = {"symbol": symbol, "order_type": "limit", "quantity": "1", "price": "100"}
        for side in ("sell", "buy"):
            answer = httpx.post(
                f"{record.gateway_url}/v1/orders?response=full", json=order | {"side": side},
                headers={"Prefer": "wait=30"}, timeout=60,
            )  # fmt: skip
            assert find_shard(answer.json()["number"]) == shard
        assert answer.json()["status"] == "filled"
        trades = f"{record.market_data_url}/v1/trades/{symbol}"
        wait_until(lambda: httpx.get(trades).json().get("trades"), "it is told")  # noqa: B023
    url = f"{record.gateway_url}/v1/fills"
    everything = set(SYMBOLS.values())
    wait_until(
        lambda: {fill["symbol"] for fill in httpx.get(url).json()["fills"]} == everything,
        "the archive has the fills of all shards",
    )


def test_transfer_between_shards_is_made_and_verified(system: LaunchedSystem) -> None:
    url = f"{system.record.gateway_url}/v1/transfers"
    body = {"asset": "USDT", "amount": "12.5", "from": 1, "to": 2, "id": "one"}
    for status in (201, 200):
        answer = httpx.post(url, json=body, headers={"Prefer": "wait=30"}, timeout=60)
        assert answer.status_code == status, answer.text
    other = httpx.post(url, json=body | {"from": 3}, timeout=60)
    assert other.json()["code"] == "transfer_id_reused"
    wait_until(
        lambda: [each["state"] for each in httpx.get(url).json()["transfers"]] == ["received"],
        "the archive knows that it is there",
    )
    file = system.folder.parent / "instruments.toml"
    verified = subprocess.run(
        [sys.executable, "-m", "engine", "verify", "--redis", system.record.redis.url],
        env=make_environment(system.folder, INSTRUMENTS_FILE=str(file)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verified.returncode == 0, verified.stdout
    assert "transfers received                   1" in verified.stdout


@pytest.mark.parametrize("shard", SYMBOLS)
def test_orders_trade_on_every_shard_over_the_binance_gateway(
    system: LaunchedSystem, shard: int
) -> None:
    assert system.record.binance_url
    assert trade_over_binance(system.record.binance_url, shard) == "FILLED"


def test_check_passes(system: LaunchedSystem) -> None:
    file = system.folder.parent / "instruments.toml"
    check = run_command(system.folder, "check", INSTRUMENTS_FILE=str(file))
    assert check.returncode == 0, check.stdout


def test_unreadable_entries_are_told_by_shard(system: LaunchedSystem) -> None:
    names = name_shard(2)
    with Redis.from_url(system.record.redis.url) as client:
        client.rpush(names.order_queue, "no order")
        wait_until(lambda: client.llen(names.dead) == 1, "the entry is set aside")
    dead = run_command(system.folder, "redis", "dead")
    assert "1 unreadable entries on shard 2." in dead.stdout
    status = run_command(system.folder, "redis", "status")
    assert "order_queue:2q: 0 pending, 1 unreadable" in status.stdout


@pytest.mark.parametrize("name", ["engine-2", "engine-2-standby"])
def test_engine_that_dies_is_started_again_on_its_shard(system: LaunchedSystem, name: str) -> None:
    before = system.processes[name]
    before.send(signal.SIGKILL)
    wait_until(lambda: system.processes.get(name, before) != before, "it is started again")
    order = {"symbol": SYMBOLS[2], "side": "buy", "order_type": "limit", "quantity": "1"}
    answer = httpx.post(
        f"{system.record.gateway_url}/v1/orders?response=result", json=order | {"price": "7"},
        headers={"Prefer": "wait=30"}, timeout=60,
    )  # fmt: skip
    assert answer.json()["status"] == "open"
