"""Keys that are wrong, retracted, or sent where none counts."""

import asyncio
import math
import os
from collections.abc import MutableMapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge import watched_keys
from edge.api_keys import read_api_keys
from edge.unread_body import read_nothing
from edge.wrong_keys import MAX_REMEMBERED, WrongKeys
from order_gateway.app import create_app
from protocol.settings import Settings
from tests.support.gateway import INSTRUMENTS

KEY, OTHER = "a-key-of-alice-0123", "another-key-of-hers"
LET_IN = "archive_unavailable"


def write_key(file: Path, key: str) -> None:
    file.write_text(f'[[key]]\nkey = "{key}"\naccount = "alice"\nscopes = ["read"]\n')
    os.utime(file, ns=(0, hash(key) & 0xFFFFFFFF))


def test_retracted_key_is_refused_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watched_keys, "SECONDS_BETWEEN_LOOKS", 0.0)
    file = tmp_path / "keys.toml"
    write_key(file, KEY)
    settings = Settings(redis_url="redis://127.0.0.1:1/0", api_keys_file=file)
    app = create_app(settings, INSTRUMENTS, keys=read_api_keys(file, None))

    async def ask(key: str) -> str:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get("/v1/fills", headers={"X-API-Key": key})
            return str(answer.json()["code"])

    assert (asyncio.run(ask(KEY)), asyncio.run(ask(OTHER))) == (LET_IN, "unauthorized")
    write_key(file, OTHER)
    assert (asyncio.run(ask(KEY)), asyncio.run(ask(OTHER))) == ("unauthorized", LET_IN)
    file.write_text("[[key]]")
    assert asyncio.run(ask(OTHER)) == LET_IN
    assert "the API keys from before stay" in caplog.text
    assert OTHER not in caplog.text


def test_guessing_gets_slower_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    time = 100.0
    wrong = WrongKeys(lambda: time)
    assert [wrong.count("a") for _ in range(5)] == [0.0] * 5
    assert [math.ceil(wrong.count("a") * 10) for _ in range(3)] == [1, 2, 3]
    waits = sorted(wrong.count("a") for _ in range(102))[2:]
    assert 1.0 <= waits[0] <= waits[-1] <= 2.0
    assert max(later - sooner for sooner, later in pairwise(waits)) < 0.03, "many end together"
    assert wrong.count("b") == 0
    time += 61
    assert wrong.count("a") == 0
    for number in range(MAX_REMEMBERED + 1):
        wrong.count(str(number))
    assert len(caplog.records) == 1
    assert "wrong API key or signature from a" in caplog.text


def test_key_is_refused_if_none_counts() -> None:
    async def ask() -> httpx.Response:
        app = create_app(Settings(redis_url="redis://127.0.0.1:1/0"), INSTRUMENTS)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/v1/fills", headers={"X-API-Key": KEY})

    problem = asyncio.run(ask()).json()
    assert (problem["code"], problem["field"]) == ("unauthorized", "X-API-Key")
    assert "authentication is off" in problem["detail"]


@pytest.mark.parametrize("is_known", [False, True])
def test_body_is_read_of_known_keys_alone(is_known: bool) -> None:
    asked = []

    async def receive() -> dict[str, object]:
        asked.append(True)
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def ask() -> None:
        sent = []

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        keys = read_api_keys(None, f'[{{"key":"{KEY}","account":"a","scopes":["trade"]}}]')
        app = create_app(Settings(redis_url="redis://127.0.0.1:1/0"), INSTRUMENTS, keys=keys)
        key = KEY if is_known else OTHER
        headers = [(b"host", b"localhost"), (b"x-api-key", key.encode())]
        scope = {
            "type": "http", "method": "POST", "path": "/v1/orders", "query_string": b"",
            "headers": headers,
        }  # fmt: skip
        await app(scope, receive, send)
        assert sent

    asyncio.run(ask())
    assert bool(asked) is is_known


def test_body_that_says_nothing_may_come_in_pieces() -> None:
    parts = [b" {", b"", b"} "]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    assert asyncio.run(read_nothing(receive)) == b" {} "
