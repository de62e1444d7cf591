"""An exchange whose services run on several machines, each of them a launcher with a part."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from launcher.supervision.run_file import RunRecord
from tests.support.launched_system import REAL, LaunchedSystem, launch, run_command
from tests.support.redis_server import DURABLE, run_redis
from tests.support.waiting import wait_until

FIRST = (*REAL, "--only", "engine,archive")
SECOND = (*REAL, "--only", "engine,gateway,market-data")


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[LaunchedSystem]]:
    folder = tmp_path_factory.mktemp("machines")
    settings = {"DATABASE_URL": f"sqlite:///{folder / 'archive.sqlite3'}"}
    with run_redis(folder, *DURABLE) as url:
        settings["REDIS_URL"] = url
        with launch(FIRST, folder / "first", **settings) as first:
            first.wait_until_ready()
            with launch(SECOND, folder / "second", **settings) as second:
                second.wait_until_ready()
                yield [first, second]


def trade(record: RunRecord) -> str:
    """Trade with ourselves; return what became of the second order."""
    order = {"symbol": "BTC-USDT", "order_type": "limit", "quantity": "1", "price": "100"}
    for side in ("sell", "buy"):
        answer = httpx.post(
            f"{record.gateway_url}/v1/orders?response=full", json=order | {"side": side},
            headers={"Prefer": "wait=30"}, timeout=60,
        )  # fmt: skip
    return str(answer.json()["status"])


def test_each_machine_runs_its_part_and_together_they_are_an_exchange(
    machines: list[LaunchedSystem],
) -> None:
    first, second = machines
    assert set(first.processes) == {"engine", "archive"}
    assert set(second.processes) == {"engine", "gateway", "market-data"}
    record = second.record
    assert trade(record) == "filled"
    trades = f"{record.market_data_url}/v1/trades/BTC-USDT"
    wait_until(lambda: httpx.get(trades).json()["trades"], "the feed tells it")
    fills = f"{record.gateway_url}/v1/fills"
    wait_until(lambda: httpx.get(fills).json().get("fills"), "the archive has it")


def test_status_is_of_the_machine_and_check_says_what_it_lacks(
    machines: list[LaunchedSystem],
) -> None:
    first, second = machines
    wait_until(
        lambda: " standby sequence=" in run_command(second.folder, "status").stdout,
        "the second engine follows",
    )
    for machine in machines:
        status = run_command(machine.folder, "status")
        assert status.returncode == 0, status.stdout
    first.wait_for_output("Order gateway  on other machines")
    check = run_command(first.folder, "check")
    assert check.returncode == 1
    assert "check needs the gateway and the market data, which run elsewhere" in check.stderr


def test_engine_of_the_other_machine_serves_when_the_first_is_gone(
    machines: list[LaunchedSystem],
) -> None:
    first, second = machines
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    assert trade(second.record) == "filled"


@pytest.mark.parametrize(
    ("only", "settings", "said"),
    [
        ("engin", {}, "--only 'engin' is no service, there are engine, archive, gateway, market"),
        ("order_gateway", {}, "did you mean gateway?"),
        (",", {}, "--only name one at least of engine"),
        ("engine", {}, "--only engine: set REDIS_URL, the Redis or cluster that all machines"),
        ("gateway", {"REDIS_URL": "redis://127.0.0.1:1"},
         "--only gateway: set DATABASE_URL, the database of the archive elsewhere"),
        ("binance", {"BINANCE": "off"}, "--only binance: BINANCE=off, set it to on"),
        ("archive", {"MARKET": "demo"}, "--market demo: only where the gateway runs"),
        ("engine", {"EPHEMERAL": "on"}, "EPHEMERAL=on is on one machine, set it to off"),
    ],
)  # fmt: skip
def test_part_that_cannot_be_is_refused(
    tmp_path: Path, only: str, settings: dict[str, str], said: str
) -> None:
    answer = run_command(tmp_path / "data", "--only", only, **settings)
    assert answer.returncode == 1
    assert said in answer.stderr
