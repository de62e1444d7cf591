"""The disk under the data folder is full: orders are refused, nothing accepted is lost, and
everything goes on once there is room."""

import threading
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from engine.storage.redis_client import connect_redis
from protocol import channels
from tests.support.faults_orders import assert_history_is_right, read_client_order_ids
from tests.support.launched_system import launch
from tests.support.system_on_small_disk import can_have_a_disk
from tests.support.waiting import wait_until

SMALL_DISK = ("-m", "tests.support.system_on_small_disk")
ORDER = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1", "price": "1"}


class Trader:
    """Posts orders one after the other; knows which were accepted, and how others were refused."""

    def __init__(self, url: str) -> None:
        self.accepted: list[str] = []
        self.refusals: Counter[int] = Counter()
        self.without_advice = 0
        self._url = url
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._trade)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _trade(self) -> None:
        with httpx.Client(base_url=self._url, timeout=20) as client:
            number = 0
            while not self._stopping.is_set():
                number += 1
                order = ORDER | {"client_order_id": f"order-{number}"}
                answer = client.post("/v1/orders", json=order)
                self._stopping.wait(0.005)
                if answer.status_code == HTTPStatus.CREATED:
                    self.accepted.append(order["client_order_id"])
                else:
                    self.refusals[answer.status_code] += 1
                    is_refused = answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
                    self.without_advice += is_refused and "Retry-After" not in answer.headers


def fill_disk(ballast: Path) -> None:
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    if not can_have_a_disk(folder):
        pytest.skip("this machine lets nobody mount a disk")
    return folder


def test_full_disk_refuses_orders_and_loses_none(disk: Path) -> None:
    with launch(SMALL_DISK, disk) as system:
        system.folder = Path(f"/proc/{system.process.pid}/root{disk}")
        record = system.wait_until_ready()
        trader = Trader(record.gateway_url)
        wait_until(lambda: len(trader.accepted) > 50, lambda: system.output, 30.0)
        ballast = system.folder / "ballast"
        fill_disk(ballast)
        full = f"redis waits: the disk of {disk / 'redis'} is full"
        wait_until(lambda: full in system.output, lambda: system.output, 30.0)
        wait_until(lambda: trader.refusals[503] > 20, lambda: system.output, 30.0)
        ballast.unlink()
        before = len(trader.accepted)
        wait_until(lambda: len(trader.accepted) > before + 50, lambda: system.output, 30.0)
        trader.stop()
        assert set(trader.refusals) <= {202, 503}  # 202: the answer to the push was lost
        assert system.output.count(full) == 1
        assert not trader.without_advice
        with connect_redis(record.redis.url) as client:
            wait_until(lambda: client.llen(channels.ORDER_QUEUE) == 0, "the list is empty", 30.0)
            opened = read_client_order_ids(client)
            assert set(trader.accepted) <= set(opened)
            assert len(opened) == len(set(opened))
            assert_history_is_right(client)
