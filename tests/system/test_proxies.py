"""Where the environment names a proxy, nobody asks it for what is on this machine."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from goquant import FeedReader, GatewayClient, OrderReader
from tests.support.launched_system import REAL, LaunchedSystem, launch, run_command

DEAD = "http://127.0.0.1:1"
NAMES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "HTTP_PROXY")
PROXIES = dict.fromkeys(NAMES, DEAD) | dict.fromkeys(("no_proxy", "NO_PROXY"), "")


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    """An exchange that was started where a proxy is named that does not answer."""
    with launch(REAL, tmp_path_factory.mktemp("proxy") / "data", **PROXIES) as system:
        system.wait_until_ready()
        yield system


@pytest.mark.parametrize("command", ["check", "status"])
def test_sub_command_asks_the_system_itself(behind_proxy: LaunchedSystem, command: str) -> None:
    answer = run_command(behind_proxy.folder, command, **PROXIES)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_curl_line_spares_the_proxy(behind_proxy: LaunchedSystem) -> None:
    behind_proxy.wait_for_output("curl --noproxy '*' -X POST")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_client_and_readers_ask_the_system_itself(
    behind_proxy: LaunchedSystem, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    for name, value in PROXIES.items():
        monkeypatch.setenv(name, value)
    gateway_url = behind_proxy.record.gateway_url.replace("localhost", host)
    feed_url = f"ws://{host}:{urlsplit(behind_proxy.record.market_data_url).port}/ws/market-data"

    async def use_all() -> None:
        async with asyncio.timeout(30):
            async with GatewayClient(gateway_url, account="proxied") as gateway:
                await gateway.submit_order("BTC-USDT", "buy", "1", price="60000")
                await anext(aiter(OrderReader(gateway, after=())))
            async with FeedReader(feed_url, ["BTC-USDT"]) as feed:
                await anext(aiter(feed))

    asyncio.run(use_all())
