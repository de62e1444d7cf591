"""unicorn-binance-websocket-api: combined streams, subscriptions, and an account's events."""

import json
import time
from typing import Any

from tests.clients.scenarios.recipes import Names, run_recipes

SECONDS = 30.0


def read(mine: Names, _other: Names) -> None:
    """Read streams, change what is read, and follow an account."""
    manager = mine["open_manager"](output_default="dict")
    try:
        stream = manager.create_stream(["kline_1s", "miniTicker"], ["btcusdt"])
        seen = collect(manager, {"btcusdt@kline_1s", "btcusdt@miniTicker"})
        assert seen["btcusdt@miniTicker"]["e"] == "24hrMiniTicker"
        manager.subscribe_to_stream(stream, channels=["avgPrice"])
        assert collect(manager, {"btcusdt@avgPrice"})["btcusdt@avgPrice"]["i"] == "5m"
        manager.create_stream("arr", "!ticker")
        assert isinstance(collect(manager, {"!ticker@arr"})["!ticker@arr"], list)
        check_api(manager, mine["keys"])
    finally:
        manager.stop_manager()


def collect(manager: Any, wanted: set[str]) -> dict[str, Any]:
    """Return a message of each of the wanted streams."""
    found: dict[str, Any] = {}
    deadline = time.monotonic() + SECONDS
    while not wanted <= found.keys():
        assert time.monotonic() < deadline, (wanted, found)
        message = manager.pop_stream_data_from_stream_buffer()
        if not message:
            time.sleep(0.05)
            continue
        if isinstance(message, str):
            message = json.loads(message)
        if isinstance(message, list):  # it reads arrays of all symbols bare
            found["!ticker@arr"] = message
        elif "stream" in message:
            found[message["stream"]] = message["data"]
    return found


def check_api(manager: Any, keys: dict[str, str]) -> None:
    """Ask the WebSocket API."""
    stream = manager.create_stream(api=True, **keys)
    deadline = time.monotonic() + SECONDS
    answer: Any = None
    while answer is None:
        assert time.monotonic() < deadline
        answer = manager.api.spot.get_order_book(
            stream_id=stream, symbol="BTCUSDT", limit=5, return_response=True
        )
    if isinstance(answer, str):
        answer = json.loads(answer)
    assert answer["status"] == 200, answer
    assert "lastUpdateId" in answer["result"]


if __name__ == "__main__":
    run_recipes(read)
