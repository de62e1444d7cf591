"""Three shards on a local Redis Cluster, started as a user would."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from redis import RedisError

from goquant import GatewayClient, OrderReader, SyncGatewayClient
from launcher.redis.server import connect
from launcher.supervision.run_file import RunRecord
from protocol import channels
from protocol.shards import ShardNames, find_shard, name_shard
from tests.support.launched_system import REAL, LaunchedSystem, launch, run_command
from tests.support.sharded_exchange import trade_over_binance
from tests.support.shards import SYMBOLS, write_instruments
from tests.support.waiting import wait_until

SETTINGS = {"BALANCES": "unlimited", "STANDBYS": "1", "REDIS_CLUSTER": "3x3"}
Told = tuple[str | None, int]
SHARDS = {shard: name_shard(shard, is_clustered=True) for shard in SYMBOLS}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    folder = tmp_path_factory.mktemp("clustered")
    file = write_instruments(folder)
    with launch(REAL, folder / "data", INSTRUMENTS_FILE=str(file), **SETTINGS) as system:
        system.wait_until_ready()
        yield system


def trade(record: RunRecord, shard: int) -> dict[str, object]:
    """Trade with ourselves on a shard; return the answer to the second order."""
    order = {"symbol": SYMBOLS[shard], "order_type": "limit", "quantity": "1", "price": "100"}
    for side in ("sell", "buy"):
        answer = httpx.post(
            f"{record.gateway_url}/v1/orders?response=full",
            json=order | {"side": side}, headers={"Prefer": "wait=30"}, timeout=60,
        )  # fmt: skip
    body: dict[str, object] = answer.json()
    return body


def list_trades(record: RunRecord, symbol: str) -> list[object]:
    answer = httpx.get(f"{record.market_data_url}/v1/trades/{symbol}")
    trades: list[object] = answer.json().get("trades", [])
    return trades


def list_fills(record: RunRecord) -> dict[int, list[Told]]:
    """List the fills of each shard, oldest first."""
    with SyncGatewayClient(record.gateway_url) as gateway:
        pages = {shard: gateway.list_fills(limit=1000, shard=shard) for shard in SHARDS}
    return {
        shard: [(fill.order_id, fill.trade_id) for fill in reversed(page.fills)]
        for shard, page in pages.items()
    }


@contextmanager
def follow_orders(url: str) -> Iterator[dict[int, list[Told]]]:
    """Give the fills that a reader tells, from the first of all on, by shard."""
    told: dict[int, list[Told]] = {shard: [] for shard in SHARDS}

    stop = threading.Event()

    async def read(gateway: GatewayClient) -> None:
        async for update in OrderReader(gateway, after=()):
            if update.fill and update.data and update.shard:
                told[update.shard].append((update.data.order_id, update.fill.trade_id))

    async def follow() -> None:
        async with GatewayClient(url) as gateway:
            reading = asyncio.create_task(read(gateway))
            await asyncio.to_thread(stop.wait)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(asyncio.run, follow())
        try:
            yield told
        finally:
            stop.set()
    following.result()


def list_archived(record: RunRecord) -> list[str]:
    fills = httpx.get(f"{record.gateway_url}/v1/fills", params={"limit": 200}).json()["fills"]
    return [fill["symbol"] for fill in fills]


@pytest.mark.parametrize("shard", SHARDS)
def test_orders_trade_on_every_shard_and_reach_feed_and_archive(
    system: LaunchedSystem, shard: int
) -> None:
    record = system.record
    answer = trade(record, shard)
    assert (answer["status"], find_shard(int(str(answer["number"])))) == ("filled", shard)
    wait_until(lambda: list_trades(record, SYMBOLS[shard]), "it is told")
    wait_until(lambda: SYMBOLS[shard] in list_archived(record), "it is archived")


@pytest.mark.parametrize("shard", SHARDS)
def test_orders_trade_on_every_shard_over_the_binance_gateway(
    system: LaunchedSystem, shard: int
) -> None:
    assert system.record.binance_url
    assert trade_over_binance(system.record.binance_url, shard) == "FILLED"


def test_transfer_comes_to_a_shard_on_another_node(system: LaunchedSystem) -> None:
    url = f"{system.record.gateway_url}/v1/transfers"
    body = {"asset": "USDT", "amount": "1000", "from": 1, "to": 2, "id": "move-1"}
    answer = httpx.post(url, json=body, headers={"Prefer": "wait=30"}, timeout=60)
    assert answer.is_success, answer.text
    wait_until(lambda: '"received"' in httpx.get(url).text, "it has come")


def test_change_with_a_key_happens_once(system: LaunchedSystem) -> None:
    url = f"{system.record.gateway_url}/v1/orders"
    order = {"symbol": SYMBOLS[2], "side": "buy", "order_type": "limit", "quantity": "1"}
    number = httpx.post(f"{url}?response=full", json=order | {"price": "7"}, timeout=60).json()
    headers = {"Idempotency-Key": "once", "Prefer": "wait=30"}
    answers = [
        httpx.delete(
            f"{url}/{number['order_id']}", params={"response": "full"}, headers=headers, timeout=60
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["status"] == answers[1].json()["status"] == "canceled"


def test_status_shows_the_nodes_engines_and_standbys(system: LaunchedSystem) -> None:
    wait_until(
        lambda: run_command(system.folder, "status").stdout.count(" standby sequence=") == 3,
        "status shows each standby",
    )
    status = run_command(system.folder, "status")
    assert status.returncode == 0, status.stdout
    assert status.stdout.count("primary, replicas=2") == 3
    assert status.stdout.count("replica of ") == 6


@pytest.mark.parametrize("action", ["stop", "restart", "logs"])
def test_command_for_one_server_leads_to_those_of_the_cluster(
    system: LaunchedSystem, action: str
) -> None:
    done = run_command(system.folder, "redis", action)
    assert done.returncode == 1
    assert "that is a cluster: `start_system.py status` shows its servers" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_passes(system: LaunchedSystem) -> None:
    file = system.folder.parent / "instruments.toml"
    check = run_command(system.folder, "check", INSTRUMENTS_FILE=str(file), **SETTINGS)
    assert check.returncode == 0, check.stdout


def test_primary_that_is_killed_is_replaced_and_all_goes_on(system: LaunchedSystem) -> None:
    record = system.record
    names = SHARDS[1]
    dead = find_primary(record, names)
    before = len(list_trades(record, SYMBOLS[1]))
    with follow_orders(record.gateway_url) as told:
        system.processes[dead].send(signal.SIGKILL)
        wait_until(lambda: is_served(record, names), "the shard is served again")
        wait_until(lambda: trade(record, 1).get("status") == "filled", "orders trade again")
        trade(record, 2)
        wait_until(lambda: len(list_trades(record, SYMBOLS[1])) > before, "the feed follows")
        fills = list_fills(record)
        wait_until(lambda: told == fills, "every fill was told once, of every shard")
    assert fills[1]
    assert fills[2]
    wait_until(lambda: run_command(system.folder, "status").returncode == 0, "all is well again")


def find_primary(record: RunRecord, names: ShardNames) -> str:
    """Return the service that is the shard's primary."""
    ports = [place.rpartition(":")[2] for place in record.redis.url.split(",")]
    with connect(record.redis.url, names=names) as client:
        port = client.info("server")["tcp_port"]
    return f"redis-{ports.index(str(port)) + 1}"


def is_served(record: RunRecord, names: ShardNames) -> bool:
    try:
        with connect(record.redis.url, 1.0, names) as client:
            ready = client.hget(names.state, channels.STATE_READY)
            return ready is not None and ready == client.get(names.lease)
    except RedisError:
        return False
