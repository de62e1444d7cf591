"""Simulated traders are started and stopped by a file that the launcher watches."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.api_keys import ApiKey, Scope
from order_gateway.app import create_app
from protocol.enums import MarketName, Reason
from protocol.market_file import MarketFile, SimulatedMarket
from protocol.settings import Settings
from tests.support.gateway import DOCUMENTED, INSTRUMENTS

PATH = "/v1/admin/market"
OFF = {"name": None, "symbol": None, "seed": None, "start_price": None}


class Gateway:
    """A gateway on a launcher's folder, asked from `address`."""

    def __init__(
        self, folder: Path, address: str = "127.0.0.1", keys: list[ApiKey] | None = None
    ) -> None:
        settings = Settings(redis_url="redis://127.0.0.1:1", data_dir=folder)
        app = create_app(settings, INSTRUMENTS, None, keys)
        self._transport = httpx.ASGITransport(app, client=(address, 1))

    def ask(self, method: str, body: object = None, **headers: str) -> httpx.Response:
        """Ask for the market."""
        return asyncio.run(self._ask(method, body, headers))

    def read(self) -> Any:
        """Return what the gateway tells."""
        return self.ask("GET").json()

    async def _ask(self, method: str, body: object, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=self._transport, base_url="http://127.0.0.1", event_hooks=DOCUMENTED
        ) as client:
            return await client.request(method, PATH, json=body, headers=headers)


@pytest.fixture
def file(tmp_path: Path) -> MarketFile:
    """The file as a launcher has it that runs no market."""
    file = MarketFile(tmp_path)
    file.write(None)
    return file


@pytest.fixture
def gateway(file: MarketFile, tmp_path: Path) -> Gateway:
    """A gateway on the launcher's folder."""
    assert file.read() is None
    return Gateway(tmp_path)


def test_market_is_started_replaced_and_stopped(gateway: Gateway, file: MarketFile) -> None:
    assert gateway.read() == {"is_available": True, **OFF}
    demo = {"name": "demo", "symbol": "BTC-USDT", "seed": 1, "start_price": None}
    assert gateway.ask("POST", {"name": "demo"}).json() == {"is_available": True, **demo}
    assert gateway.read() == {"is_available": True, **demo}
    assert file.read() == SimulatedMarket(MarketName.DEMO)
    other = {"name": "hawkes", "symbol": "ETH-USDT", "seed": 7, "start_price": "3000.00"}
    assert gateway.ask("POST", other).json() == {"is_available": True, **other}
    assert file.read() == SimulatedMarket(MarketName.HAWKES, "ETH-USDT", 7, "3000.00")
    assert gateway.ask("DELETE").json() == {"is_available": True, **OFF}
    assert file.read() is None


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        ({"name": "wild"}, Reason.INVALID_TYPE, "name must be one of demo, quiet, volatile, "),
        ({}, Reason.MISSING_FIELD, "name is required"),
        ({"name": "demo", "symbol": "A-B"}, Reason.UNKNOWN_SYMBOL, ""),
        ({"name": "demo", "seed": -1}, Reason.INVALID_TYPE, "from 0 to 2^53 - 1"),
        ({"name": "demo", "seed": "7"}, Reason.INVALID_TYPE, "seed must be a whole number"),
        ({"name": "demo", "start_price": "1.001"}, Reason.OFF_TICK, "start_price"),
        ({"name": "demo", "start_price": 7}, Reason.INVALID_TYPE, "send it in quotes"),
        ({"name": "demo", "size": 1}, Reason.UNKNOWN_FIELD, "size"),
    ],
)
def test_what_makes_no_market_is_explained(
    gateway: Gateway, file: MarketFile, body: dict[str, Any], code: Reason, detail: str
) -> None:
    problem = gateway.ask("POST", body).json()
    assert problem["code"] == code
    assert detail in problem["detail"]
    assert file.read() is None


def test_without_a_launcher_nobody_would_start_them(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    assert not gateway.read()["is_available"]
    for answer in (gateway.ask("POST", {"name": "demo"}), gateway.ask("DELETE")):
        assert (answer.status_code, answer.json()["code"]) == (409, Reason.MARKET_UNAVAILABLE)
    assert not list(tmp_path.iterdir())


def test_traders_have_no_key(tmp_path: Path, file: MarketFile) -> None:
    key = ApiKey("operator", "alice", frozenset(Scope))
    gateway = Gateway(tmp_path, keys=[key])
    assert not gateway.read()["is_available"]
    assert gateway.ask("POST", {"name": "demo"}).status_code == 401
    answer = gateway.ask("POST", {"name": "demo"}, **{"X-API-Key": key.key})
    assert (answer.status_code, answer.json()["code"]) == (409, Reason.MARKET_UNAVAILABLE)
    assert file.read() is None


def test_nobody_starts_them_from_another_machine(tmp_path: Path, file: MarketFile) -> None:
    gateway = Gateway(tmp_path, "192.0.2.1")
    assert not gateway.read()["is_available"]
    answer = gateway.ask("POST", {"name": "demo"})
    assert (answer.status_code, answer.json()["code"]) == (403, Reason.FORBIDDEN)
    assert file.read() is None


def test_what_another_version_wrote_is_no_market(tmp_path: Path, file: MarketFile) -> None:
    (tmp_path / "market.json").write_text('{"name": "wild"}')
    assert file.read() is None
