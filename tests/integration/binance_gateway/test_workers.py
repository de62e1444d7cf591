"""Two workers on one socket: what one of them is asked, it tells for both."""

import os
import socket
from pathlib import Path

import httpx

from tests.support.gateway_process import Exchange
from tests.support.service_process import start_service
from tests.support.waiting import DEADLINE_SECONDS, wait_until

COUNT = 40


def test_metrics_are_those_of_all_workers(exchange: Exchange, tmp_path: Path) -> None:
    settings = {
        "REDIS_URL": exchange.redis_url, "DATABASE_URL": exchange.database_url,
        "BINANCE_WORKERS": "2", "BINANCE_REQUEST_WEIGHT": "0", "DATA_DIR": str(tmp_path),
    }  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        processes = [
            start_service("binance_gateway", listener, os.environ | settings) for _ in range(2)
        ]
    url, folder = f"http://127.0.0.1:{port}", tmp_path / "binance-metrics"
    try:
        wait_until(lambda: len(list(folder.glob("histogram_*.db"))) == 2, "both count")
        for _ in range(COUNT):
            # each connection may be taken by the other one
            answer = httpx.get(f"{url}/api/v3/time", timeout=DEADLINE_SECONDS, trust_env=False)
            assert answer.status_code == 200
        metrics = httpx.get(f"{url}/metrics", timeout=DEADLINE_SECONDS, trust_env=False).text
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert f'binance_answers_total{{status="200"}} {COUNT}.0' in metrics
