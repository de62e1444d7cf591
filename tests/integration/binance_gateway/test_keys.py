"""What becomes of an account's streams whose API key is retracted, and of those who guess keys."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from edge.wrong_keys import FIRST_SECONDS, FREE_TRIES, SPREAD
from tests.support.binance import sign
from tests.support.binance_process import Binance, run_binance
from tests.support.gateway_process import Exchange
from tests.support.waiting import DEADLINE_SECONDS

KEPT, RETRACTED = "key-that-is-kept-01", "key-that-is-retracted"
SECRET = "secret-of-both-keys-0123"
LISTEN_KEYS = "/api/v3/userDataStream"


def write_keys(file: Path, *keys: str) -> None:
    """Write a file that differs from the one before."""
    file.write_text(
        "".join(
            f'[[key]]\nkey = "{key}"\nsecret = "{SECRET}"\naccount = "alice"\nscopes = ["read"]\n'
            for key in keys
        )
    )
    os.utime(file, ns=(0, len(keys)))


def sign_for(key: str) -> dict[str, object]:
    """Return signed parameters."""
    sent: dict[str, object] = {"apiKey": key, "timestamp": time.time_ns() // 1_000_000}
    payload = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
    return {**sent, "signature": sign(SECRET, payload)}


def open_listen_key(service: Binance, key: str) -> str:
    """Return the account's listen key."""
    return str(service.http.post(LISTEN_KEYS, headers={"X-MBX-APIKEY": key}).json()["listenKey"])


def test_retracted_key_ends_what_it_follows(exchange: Exchange, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    write_keys(file, KEPT, RETRACTED)
    settings = {"AUTH": "on", "API_KEYS_FILE": str(file)}
    with run_binance(exchange.redis_url, exchange.database_url, **settings) as service:
        listen_key = open_listen_key(service, RETRACTED)
        with (
            service.connect(f"/ws/{listen_key}") as stream,
            service.connect("/ws-api/v3") as by_retracted,
            service.connect("/ws-api/v3") as by_kept,
        ):
            for socket, key in ((by_retracted, RETRACTED), (by_kept, KEPT)):
                answer = socket.ask("userDataStream.subscribe.signature", sign_for(key))
                assert answer["result"] == {"subscriptionId": 0}, answer
            write_keys(file, KEPT)
            assert by_retracted.next()["event"]["e"] == "eventStreamTerminated"
            assert by_retracted.ask("session.subscriptions")["result"] == []
            with pytest.raises(ConnectionClosed):
                stream.connection.recv(timeout=DEADLINE_SECONDS)
            assert stream.connection.close_code == 1000
            assert by_kept.ask("session.subscriptions")["result"] == [{"subscriptionId": 0}]
        assert open_listen_key(service, KEPT) != listen_key


def test_guessing_keys_and_signatures_gets_slower(exchange: Exchange, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    write_keys(file, KEPT)
    settings = {"AUTH": "on", "API_KEYS_FILE": str(file)}
    with run_binance(exchange.redis_url, exchange.database_url, **settings) as service:

        def guess_by_rest() -> Any:
            return service.http.post(LISTEN_KEYS, headers={"X-MBX-APIKEY": "wrong"}).json()["code"]

        for _ in range(FREE_TRIES):
            assert guess_by_rest() == -2015
        start = time.monotonic()
        assert guess_by_rest() == -2015
        assert time.monotonic() - start >= FIRST_SECONDS * SPREAD
        with service.connect("/ws-api/v3") as socket:
            wrong = sign_for(KEPT) | {"signature": "0" * 64}
            start = time.monotonic()
            socket.connection.send(
                json.dumps({"id": 1, "method": "session.logon", "params": wrong})
            )
            assert socket.next()["error"]["code"] == -1022
            assert time.monotonic() - start >= 2 * FIRST_SECONDS * SPREAD
