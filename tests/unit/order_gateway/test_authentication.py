"""Who calls: keys, signatures, windows, scopes and rates, without a queue behind."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.api_keys import ApiKey, Scope, UnusableKeys, read_api_keys
from order_gateway.admission.rate_limit import RateLimit, SharedBuckets, SharedRateLimit
from order_gateway.app import create_app
from protocol.settings import Settings
from protocol.signing import sign
from tests.support.gateway import INSTRUMENTS, ORDER

PLAIN, SIGNING, ADMIN = "plain-key-0123456789", "signing-key-0123456", "admin-key-0123456789"
PAIRED = "paired-key-01234567"
SECRET = "a secret that is long enough".replace(" ", "-")
KEYS = [
    ApiKey(PLAIN, "alice", frozenset({Scope.READ, Scope.TRADE}), rate_limit=50),
    ApiKey(SIGNING, "bob", frozenset({Scope.TRADE}), SECRET),
    ApiKey(ADMIN, "ops", frozenset({Scope.ADMIN})),
    ApiKey(PAIRED, "carol", frozenset(Scope), public_key="-----BEGIN PUBLIC KEY-----"),
]
BODY = json.dumps(ORDER).encode()


def ask(method: str, path: str, **options: Any) -> httpx.Response:
    """The answer of a gateway with keys, whose queue is out of reach."""

    async def send() -> httpx.Response:
        app = create_app(Settings(redis_url="redis://127.0.0.1:1/0"), INSTRUMENTS, keys=KEYS)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://example.com") as client:
            return await client.request(method, path, **options)

    return asyncio.run(send())


def trade(headers: dict[str, str]) -> httpx.Response:
    json_type = {"Content-Type": "application/json"}
    return ask("POST", "/v1/orders", content=BODY, headers=json_type | headers)


def make_signed(
    body: bytes = BODY, secret: str = SECRET, key: str = SIGNING, age_ms: int = 0
) -> dict[str, str]:
    timestamp = str(int(time.time() * 1000) - age_ms)
    signature = sign(secret, timestamp, "POST", "/v1/orders", body)
    return {"X-API-Key": key, "X-Timestamp": timestamp, "X-Signature": signature}


def get_code(response: httpx.Response) -> str:
    return str(response.json()["code"])


LET_IN = "queue_unavailable"


def test_key_that_signs_by_a_key_pair_is_for_the_other_gateway() -> None:
    assert get_code(trade({"X-API-Key": PAIRED})) == "unauthorized"


def test_key_without_a_secret_is_enough() -> None:
    assert get_code(trade({"X-API-Key": PLAIN})) == LET_IN


def test_signed_request_is_let_in() -> None:
    assert get_code(trade(make_signed())) == LET_IN


def test_unknown_key_missing_key_and_bad_signature_get_the_same_answer() -> None:
    answers = [
        trade({}),
        trade({"X-API-Key": "nobody-has-this-key"}),
        trade({"X-API-Key": SIGNING}),
        trade(make_signed(key="nobody-has-this-key")),
        trade(make_signed(secret="another-secret-0123")),
        trade(make_signed(key=PLAIN)),
        trade(make_signed(body=b"{}")),
        trade(make_signed() | {"X-Signature": ""}),
        trade({name: value for name, value in make_signed().items() if name != "X-Timestamp"}),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (401, answers[0].content)
    }
    assert get_code(answers[0]) == "unauthorized"
    assert answers[0].headers["www-authenticate"].startswith("ApiKey")


@pytest.mark.parametrize("age_ms", [6_000, -6_000])
def test_timestamp_outside_of_the_window_is_refused(age_ms: int) -> None:
    response = trade(make_signed(age_ms=age_ms))
    assert (response.status_code, get_code(response)) == (401, "timestamp_out_of_window")


@pytest.mark.parametrize("text", ["now", "", "-5", "9" * 17, "1.5"])
def test_timestamp_that_is_none_is_refused(text: str) -> None:
    assert get_code(trade(make_signed() | {"X-Timestamp": text})) == "timestamp_out_of_window"


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [("GET", "/v1/orders", ADMIN), ("DELETE", "/v1/orders/1", ADMIN),
     ("POST", "/v1/instruments/BTC-USDT/halt", PLAIN)],
)  # fmt: skip
def test_key_without_the_scope_is_refused(method: str, path: str, key: str) -> None:
    response = ask(method, path, headers={"X-API-Key": key})
    assert (response.status_code, get_code(response)) == (403, "forbidden")


def test_account_header_may_only_repeat_the_keys_account() -> None:
    key = {"X-API-Key": PLAIN}
    assert get_code(trade(key | {"X-Account": "alice"})) == LET_IN
    assert get_code(trade(key | {"X-Account": "bob"})) == "forbidden"


def test_bucket_fills_up_again_within_a_second() -> None:
    now = 0.0
    limit = RateLimit(10, lambda: now)
    assert [limit.take(5), limit.take(5), limit.take(1)] == [True, True, False]
    now = 0.5
    assert [limit.take(5), limit.take(1)] == [True, False]
    now = 100.0
    assert [limit.take(11), limit.take(10)] == [False, True]


def test_workers_take_from_one_bucket(tmp_path: Path) -> None:
    now = 100.0
    first, second = [
        SharedRateLimit(10, SharedBuckets(tmp_path / "buckets", 2), 1, lambda: now)
        for _ in range(2)
    ]
    assert [first.take(6), second.take(5), second.take(4), first.take(1)] == [
        True, False, True, False,
    ]  # fmt: skip
    now = 100.5
    assert [second.take(5), first.take(1)] == [True, False]
    assert first.describe()[1][1] == b'"key";r=0;t=1'
    other = SharedRateLimit(10, SharedBuckets(tmp_path / "buckets", 2), 0, lambda: now)
    assert other.take(10)


def test_bucket_of_another_boot_is_full(tmp_path: Path) -> None:
    buckets = SharedBuckets(tmp_path / "buckets", 1)
    late = SharedRateLimit(10, buckets, 0, lambda: 5000.0)
    assert late.take(10)
    assert SharedRateLimit(10, buckets, 0, lambda: 3.0).take(10)


def test_worker_that_was_stopped_with_the_lock_holds_up_nobody(tmp_path: Path) -> None:
    stopped = SharedBuckets(tmp_path / "buckets", 1)
    assert stopped.lock()
    limit = SharedRateLimit(10, SharedBuckets(tmp_path / "buckets", 1), 0, lambda: 100.0)
    assert [limit.take(10), limit.take(1)] == [True, False]


def test_each_order_of_a_batch_counts() -> None:
    body = json.dumps({"orders": [ORDER] * 50}).encode()
    headers = {"Content-Type": "application/json", "X-API-Key": PLAIN}
    response = ask("POST", "/v1/orders/batch", content=body, headers=headers)
    assert (response.status_code, get_code(response)) == (503, "queue_unavailable")
    assert response.headers["ratelimit-policy"] == '"key";q=50;w=1'
    assert response.headers["ratelimit"] == '"key";r=0;t=1'


def test_batch_that_the_key_could_never_send_is_refused_with_the_largest() -> None:
    body = json.dumps({"orders": [ORDER] * 51}).encode()
    headers = {"Content-Type": "application/json", "X-API-Key": PLAIN}
    response = ask("POST", "/v1/orders/batch", content=body, headers=headers)
    assert (response.status_code, get_code(response)) == (413, "batch_too_large")
    assert "at most 50 orders" in response.json()["detail"]


def test_refusal_for_want_of_a_scope_says_how_much_is_left() -> None:
    response = ask("POST", "/v1/instruments/BTC-USDT/halt", headers={"X-API-Key": PLAIN})
    assert (response.status_code, get_code(response)) == (403, "forbidden")
    assert response.headers["ratelimit"] == '"key";r=49;t=1'
    response = trade({"X-API-Key": PLAIN, "X-Account": "bob"})
    assert (response.status_code, response.headers["ratelimit"]) == (403, '"key";r=49;t=1')


@pytest.mark.parametrize("path", ["/health", "/livez", "/metrics", "/v1/instruments", "/v1/docs"])
def test_what_everybody_may_know_needs_no_key(path: str) -> None:
    assert ask("GET", path).status_code in {200, 503}


# the keys themselves


def test_keys_come_from_a_file_and_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(f'[[key]]\nkey = "{PLAIN}"\naccount = "alice"\nscopes = ["read"]\n')
    text = json.dumps([{"key": SIGNING, "account": "bob", "scopes": ["trade"], "secret": SECRET}])
    assert [key.account for key in read_api_keys(file, text)] == ["alice", "bob"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"key": "short"}, "key must be"), ({"secret": "short"}, "secret must be"),
     ({"scopes": []}, "scopes must be"), ({"scopes": ["fly"]}, "scopes"),
     ({"account": "a b"}, "account must be"), ({"rate_limit": 0}, "rate_limit must be"),
     ({"colour": "red"}, "colour"), ({"key": "has spaces in it, long"}, "visible")],
)  # fmt: skip
def test_unusable_key_is_said_without_naming_it(change: dict[str, Any], problem: str) -> None:
    key = {"key": PLAIN, "account": "alice", "scopes": ["read"]} | change
    with pytest.raises(UnusableKeys, match=problem) as caught:
        read_api_keys(None, json.dumps([key]))
    assert PLAIN not in str(caught.value)


def test_same_key_twice_is_refused() -> None:
    key = {"key": PLAIN, "account": "alice", "scopes": ["read"]}
    with pytest.raises(UnusableKeys, match="twice"):
        read_api_keys(None, json.dumps([key, key | {"account": "bob"}]))


@pytest.mark.parametrize("text", ["[[key", "[1]", "key = 5"])
def test_file_that_is_none_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    with pytest.raises(UnusableKeys):
        read_api_keys(file, "nothing" if text != "key = 5" else None)
    with pytest.raises(UnusableKeys, match="cannot read"):
        read_api_keys(tmp_path / "nowhere.toml", None)


@pytest.mark.parametrize(
    "text",
    ["", "key = []", "[[keys]]", '[[key]]\nkey = "{key}"\naccount = "a"\nscopes = ["read"]\n[more]',
     '[[key]]\nkey = "{key}"\naccount = "a"\nscopes = ["read"]\nscope = "trade"'],
)  # fmt: skip
def test_file_without_a_key_or_with_more_than_keys_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text.replace("{key}", PLAIN))
    with pytest.raises(UnusableKeys, match="key") as caught:
        read_api_keys(file, None)
    assert str(file) in str(caught.value)
    assert PLAIN not in str(caught.value)


@pytest.mark.parametrize("text", ["[]", "", " ", "{}"])
def test_environment_without_a_key_is_refused(text: str) -> None:
    with pytest.raises(UnusableKeys, match="API_KEYS"):
        read_api_keys(None, text)
