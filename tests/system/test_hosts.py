"""One machine goes by two addresses: whoever resolves `localhost` may take either."""

import json
from pathlib import Path

from websockets.sync.client import connect

from tests.support import http
from tests.support.launched_system import REAL, launch, run_command
from tests.unit.launcher.test_listening import needs_ipv6


@needs_ipv6
def test_both_addresses_answer(tmp_path: Path) -> None:
    with launch(REAL, tmp_path / "data") as system:
        record = system.wait_until_ready()
        for url in (record.gateway_url, record.market_data_url):
            for host in ("127.0.0.1", "[::1]", "localhost"):
                there = url.replace("localhost", host)
                assert http.get(f"{there}/readyz").status_code == 200
        feed = record.market_data_url.replace("http://localhost", "ws://[::1]")
        with connect(f"{feed}/ws/market-data", proxy=None) as stream:
            assert json.loads(stream.recv())["type"] == "connected"


@needs_ipv6
def test_an_exchange_on_ipv6_alone_is_checked_and_traded_on(tmp_path: Path) -> None:
    settings = {"GATEWAY_HOST": "::1", "MARKET_DATA_HOST": "::1"}
    with launch(REAL, tmp_path / "data", **settings) as system:
        record = system.wait_until_ready()
        assert record.gateway_url.startswith("http://[::1]:")
        system.wait_for_output(f"{record.gateway_url}/v1/orders")
        answer = run_command(system.folder, "check")
        assert answer.returncode == 0, answer.stdout
        assert run_command(system.folder, "status").returncode == 0
