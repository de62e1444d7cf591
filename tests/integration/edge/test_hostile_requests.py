"""What strangers send to the gateway and the feed: nothing is queued, and both go on serving."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from redis import Redis

from protocol.channels import ORDER_QUEUE
from tests.support.gateway_process import run_workers
from tests.support.hostile_requests import (
    ORDER,
    PROBE,
    Hostile,
    list_for_both,
    list_for_gateway,
    make_order,
    make_request,
)
from tests.support.market_data import run_market_data
from tests.support.waiting import DEADLINE_SECONDS

FOR_BOTH, FOR_GATEWAY = list_for_both(), list_for_gateway()
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Z]")


@pytest.fixture(scope="module")
def gateway(redis_server: str) -> Iterator[int]:
    """Port of a gateway for the whole table."""
    with run_workers(redis_server) as (url, _):
        yield int(url.rpartition(":")[2])


@pytest.fixture(scope="module")
def feed(redis_server: str) -> Iterator[int]:
    """Port of a feed for the whole table."""
    with run_market_data(redis_server, is_healthy=False) as service:
        service.get("/health")
        yield service.port


def ask(port: int, request: bytes) -> bytes:
    """Return everything that a connection says until its end."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS) as client:
        with suppress(ConnectionError):
            client.sendall(request)
        answer = b""
        with suppress(ConnectionError):
            while part := client.recv(65536):
                answer += part
    return answer


def list_statuses(answer: bytes) -> tuple[int, ...]:
    return tuple(int(status) for status in STATUS.findall(answer))


def count_entries(redis_url: str) -> int:
    with Redis.from_url(redis_url) as redis:
        return int(redis.llen(ORDER_QUEUE))


def test_the_table_is_as_long_as_promised() -> None:
    names = [hostile.name for hostile in (*FOR_BOTH, *FOR_GATEWAY)]
    assert len(FOR_BOTH) >= 150
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("hostile", [*FOR_BOTH, *FOR_GATEWAY], ids=lambda hostile: hostile.name)
def test_gateway_survives(gateway: int, redis_server: str, hostile: Hostile) -> None:
    before = count_entries(redis_server)
    answer = ask(gateway, hostile.request + PROBE)
    assert list_statuses(answer) == hostile.statuses
    assert count_entries(redis_server) == before


@pytest.mark.parametrize("hostile", FOR_BOTH, ids=lambda hostile: hostile.name)
def test_feed_survives(feed: int, hostile: Hostile) -> None:
    assert list_statuses(ask(feed, hostile.request + PROBE)) == hostile.statuses


def test_order_of_a_client_that_offers_http2_is_taken(gateway: int, redis_url: str) -> None:
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    answer = ask(gateway, make_order(ORDER, *offer) + PROBE)
    assert list_statuses(answer) == (201, 200)
    assert count_entries(redis_url) == 1


def test_order_that_is_sent_to_the_feed_finds_no_route(feed: int) -> None:
    sent = make_request(method="POST", target="/v1/orders", body=b'{"symbol":"BTC-USDT"}')
    answer = ask(feed, sent + PROBE)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.count(b"HTTP/1.1 ") == 2


@pytest.mark.parametrize(
    ("request_bytes", "code", "field"),
    [
        (make_request(host="user@localhost"), "malformed_request", "Host"),
        (make_request("X-API-Key: a", "X-API-Key: a"), "malformed_request", "X-API-Key"),
        (make_request("Content-Encoding: gzip"), "unsupported_media_type", "Content-Encoding"),
        (make_request("Sec-Fetch-Site: cross-site"), "origin_not_allowed", "Origin"),
        (make_request(target="/" + "x" * 9_000), "target_too_long", None),
        (make_request("A: " + "x" * 9_000), "headers_too_large", None),
        (make_request(body=b"[]"), "unexpected_body", None),
    ],
)
def test_refusal_says_what_is_wrong(
    gateway: int, feed: int, request_bytes: bytes, code: str, field: str | None
) -> None:
    for port in (gateway, feed):
        body = ask(port, request_bytes + PROBE).partition(b"\r\n\r\n")[2]
        problem = json.loads(body.partition(b"HTTP/1.1")[0])
        assert (problem["code"], problem.get("field")) == (code, field)


def test_byte_order_mark_is_named(gateway: int) -> None:
    assert b"byte order mark" in ask(gateway, make_order(b"\xef\xbb\xbf{}") + PROBE)


def test_every_answer_keeps_out_of_frames(gateway: int, feed: int) -> None:
    for port, request in ((gateway, PROBE), (feed, PROBE), (gateway, b"?"), (feed, b"?")):
        answer = ask(port, request + b"\r\n\r\n").lower()
        assert b"content-security-policy: frame-ancestors 'none'\r\n" in answer
        assert b"x-content-type-options: nosniff\r\n" in answer
