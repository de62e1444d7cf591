"""What becomes of a private stream whose key is retracted, and of those who guess keys on one."""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from edge.wrong_keys import SPREAD
from tests.support.gateway_process import run_exchange

KEPT, RETRACTED = "key-that-is-kept-01", "key-that-is-retracted"


def write_keys(file: Path, *keys: str) -> None:
    """Write a file that differs from the one before."""
    tables = (f'[[key]]\nkey = "{key}"\naccount = "alice"\nscopes = ["read"]\n' for key in keys)
    file.write_text("".join(tables))
    os.utime(file, ns=(0, len(keys)))


def read_to_the_end(stream: ClientConnection) -> list[dict[str, Any]]:
    messages = []
    with suppress(ConnectionClosed):
        while True:
            messages.append(json.loads(stream.recv()))
    return messages


def read_type(text: str | bytes) -> str:
    return str(json.loads(text)["type"])


def test_retracted_key_ends_its_streams_and_no_others(redis_url: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    write_keys(file, KEPT, RETRACTED)
    with run_exchange(redis_url, tmp_path, API_KEYS_FILE=str(file)) as exchange:
        url = exchange.url.replace("http", "ws") + "/ws/orders"
        with (
            connect(url, additional_headers={"X-API-Key": KEPT}) as kept,
            connect(url, additional_headers={"X-API-Key": RETRACTED}) as by_header,
            connect(url) as by_message,
        ):
            by_message.send(json.dumps({"key": RETRACTED}))
            for stream in (kept, by_header, by_message):
                assert read_type(stream.recv()) == "snapshot"
            write_keys(file, KEPT)
            for stream in (by_header, by_message):
                messages = read_to_the_end(stream)
                assert messages[-1]["code"] == "unauthorized"
                assert stream.close_code == 1008
            assert read_type(kept.recv()) == "heartbeat"


def test_guessing_keys_on_streams_gets_slower(redis_url: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    write_keys(file, KEPT)
    with run_exchange(redis_url, tmp_path, API_KEYS_FILE=str(file)) as exchange:
        url = exchange.url.replace("http", "ws") + "/ws/orders"
        began = time.monotonic()
        for number in range(8):
            by_header = {"X-API-Key": RETRACTED} if number % 2 else {}
            with connect(url, additional_headers=by_header) as stream:
                if not by_header:
                    stream.send(json.dumps({"key": RETRACTED}))
                assert json.loads(stream.recv())["code"] == "unauthorized"
        assert time.monotonic() - began >= (0.1 + 0.2 + 0.4) * (1 - SPREAD)
