"""Limits, keys and pages: what is refused before a call is carried out."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from binance_gateway.app import create_app
from binance_gateway.limits.limits import Limits
from binance_gateway.limits.windows import Limit, Windows, exchange
from edge.api_keys import ApiKey, Scope
from edge.rare_log import RareLog
from protocol.settings import Settings
from tests.support.binance import now, sign
from tests.support.gateway import INSTRUMENTS

READER = ApiKey("reader-of-16-or-more", "alice", frozenset({Scope.READ}), "secret-of-16-or-more")
TRADER = ApiKey("trader-of-16-or-more", "alice", frozenset(Scope), "secret-of-16-or-more")
UNSIGNED = ApiKey("unsigned-of-16-or-more", "alice", frozenset(Scope))


def ask(
    *paths: str,
    keys: Sequence[ApiKey] | None = None,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    **settings: Any,
) -> list[httpx.Response]:
    """Ask an application that has no Redis, one path after the other."""
    app = create_app(
        Settings(redis_url="redis://127.0.0.1:1/0", **settings), INSTRUMENTS, keys=keys
    )

    async def send() -> list[httpx.Response]:
        transport: Any = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return [await client.request(method, path, headers=headers) for path in paths]

    return asyncio.run(send())


def test_weight_is_told_with_every_answer() -> None:
    first, second, third = ask("/api/v3/time", "/api/v3/nothing", "/api/v3/exchangeInfo?a=1")
    assert first.headers["x-mbx-used-weight-1m"] == "1"
    assert (second.status_code, second.headers["x-mbx-used-weight-1m"]) == (404, "1")
    assert third.headers["x-mbx-used-weight"] == "21"


def test_too_much_weight_is_refused_and_then_banned() -> None:
    answers = ask(*["/api/v3/time"] * 20, binance_request_weight=10)
    assert [each.status_code for each in answers] == [200] * 10 + [429] * 5 + [418] * 5
    refused, banned = answers[10], answers[-1]
    assert refused.json() == {
        "code": -1003,
        "msg": "Too much request weight used; current limit is 10 request weight per 1 MINUTE."
        " Please use WebSocket Streams for live updates to avoid polling the API.",
    }
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert 100 < int(banned.headers["retry-after"]) <= 121
    assert banned.json()["code"] == -1003
    assert banned.json()["msg"].startswith("Way too much request weight used; IP banned until ")


def test_too_many_requests_are_refused() -> None:
    answers = ask(*["/api/v3/ping"] * 3, binance_raw_requests=2)
    assert [each.status_code for each in answers] == [200, 200, 429]


def make_limits(**settings: Any) -> Limits:
    return Limits(Settings(**settings), RareLog(logging.getLogger()))


def test_orders_count_by_window_and_account() -> None:
    limits = make_limits(binance_orders_10s=2, binance_orders_day=3)
    moment = 1_769_000_000_000_000
    for _ in range(2):
        limits.check_orders("alice", 1, moment)
        limits.count_orders("alice", 1, moment)
    with pytest.raises(Exception, match="current limit is 2 orders per 10 SECOND"):
        limits.check_orders("alice", 1, moment)
    limits.check_orders("bob", 2, moment)
    later = moment + 10_000_000
    limits.check_orders("alice", 1, later)
    assert limits.count_orders("alice", 1, later) == (1, 3)
    with pytest.raises(Exception, match="current limit is 3 orders per 1 DAY"):
        limits.check_orders("alice", 1, later + 10_000_000)


def test_what_is_late_does_not_bring_back_a_window() -> None:
    limits = make_limits(binance_orders_10s=2)
    moment = 1_769_000_000_000_000
    later = moment + 10_000_000
    limits.count_orders("alice", 1, moment)
    limits.count_orders("alice", 2, later)
    limits.count_orders("alice", -1, moment)
    assert limits.read_orders("alice", later)[0] == 2


def signed(key: ApiKey, path: str) -> str:
    payload = f"timestamp={now()}"
    return f"{path}?{payload}&signature={sign(key.secret or '', payload)}"


@pytest.mark.parametrize(
    ("key", "method", "path", "code"),
    [
        (READER, "DELETE", "/api/v3/order", -2015),
        (TRADER, "DELETE", "/api/v3/order", -1102),
        (UNSIGNED, "GET", "/api/v3/account", -2015),
    ],
)
def test_key_may_do_what_its_scopes_say(key: ApiKey, method: str, path: str, code: int) -> None:
    keys = [READER, TRADER, UNSIGNED]
    [answer] = ask(signed(key, path), keys=keys, method=method, headers={"X-MBX-APIKEY": key.key})
    assert answer.json()["code"] == code


def test_strict_service_has_no_listen_keys() -> None:
    [answer] = ask(
        "/api/v3/userDataStream", method="POST", headers={"X-MBX-APIKEY": "demo"},
        binance_strict="on",
    )  # fmt: skip
    assert answer.status_code == 410


def test_strangers_page_is_refused() -> None:
    [answer] = ask("/api/v3/time", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "host_not_allowed")
    [answer] = ask("/api/v3/time", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


class FakeRedis:
    """Counts as Redis does, for several workers."""

    def __init__(self) -> None:
        self.hashes: dict[str, dict[str, int]] = {}
        self._replies: list[int] = []

    @asynccontextmanager
    async def pipeline(self, *, transaction: bool) -> AsyncIterator["FakeRedis"]:
        """Begin a pipeline."""
        assert not transaction
        self._replies = []
        yield self

    def hincrby(self, key: str, field: str, number: int) -> None:
        """Count."""
        counts = self.hashes.setdefault(key, {})
        counts[field] = counts.get(field, 0) + number
        self._replies.append(counts[field])

    def expire(self, _key: str, _seconds: int) -> None:
        """Answer something else than a count."""
        self._replies.append(1_000)

    async def execute(self) -> list[int]:
        """Return the replies."""
        return self._replies


def test_workers_learn_of_each_other_what_they_have_counted() -> None:
    redis, moment = FakeRedis(), 1_769_000_000_000_000
    limits = (Limit("WEIGHT", 100, 60), Limit("NOTHING", 100, 60), Limit("ORDERS", 100, 10))
    here, there = ([Windows(limit) for limit in limits] for _ in range(2))
    for windows, number in ((here, 3), (there, 5)):
        windows[0].add("address", number, moment)
        windows[2].add("alice", 2 * number, moment)
        windows[2].add("bob", number, moment)
        asyncio.run(exchange(redis, windows))
    found = [
        (each[0].read("address", moment), each[2].read("alice", moment)) for each in (here, there)
    ]
    assert found == [(3, 6), (8, 16)]
    here[0].add("address", 1, moment)
    asyncio.run(exchange(redis, here))
    assert here[0].read("address", moment) == 9
    assert there[2].read("bob", moment) == 8
