"""An order that comes alone goes without ASGI; behind a question it is answered in the same way."""

import re
import socket
from collections.abc import Iterator

import pytest
from redis import Redis

from protocol.channels import ORDER_QUEUE
from tests.support.gateway_process import run_workers
from tests.support.hostile_requests import ORDER, make_order, make_request
from tests.support.waiting import DEADLINE_SECONDS

MAX_BODY_BYTES = 1024
OF_ONE_ANSWER = re.compile(
    rb'"(?:order_id|client_order_id|timestamp|request_id)":"[^"]*"'
    rb"|(?:x-request-id|date|content-length|server-timing): [^\r]*"
)
"""What differs from answer to answer: its name is kept."""
FIELDS = (
    "Prefer: timing", "Prefer: wait=x, timing", "Idempotency-Key: a", "X-Account: bob",
    "X-Account: b b", "X-API-Key: a", "X-Request-Id: mine", "X-Request-Id: not mine",
    "Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site",
    "Expect: something", "Upgrade: h2c", "X-Advance: 1s", "Range: bytes=0-1",
)  # fmt: skip
BODIES = (
    b"", b"{", b"[]", b"null", ORDER + b"}", ORDER + b" ", ORDER[:-1], b"\xff" + ORDER,
    ORDER.replace(b"buy", b"b\xffy"), ORDER.replace(b'"1"', b"1"),
    ORDER.replace(b"}", b',"side":"sell"}'), ORDER.replace(b"}", b',"unknown":1}'),
    ORDER.ljust(MAX_BODY_BYTES), ORDER.ljust(MAX_BODY_BYTES + 1), b"[" * 900,
)  # fmt: skip


def list_requests() -> Iterator[tuple[str, bytes]]:
    close = "Connection: close"
    for field in FIELDS:
        yield field, make_order(ORDER, field, close)
    for body in BODIES:
        yield f"{body[:20]!r} of {len(body)} bytes", make_order(body, close)
    for method in ("GET", "PUT", "PATCH"):
        yield method, make_order(ORDER, close).replace(b"POST", method.encode(), 1)
    for target in ("/v1/orders?", "/v1/orders/", "/v1/order%73", "http://localhost/v1/orders"):
        yield target, make_order(ORDER, close, target=target)
    for kind in ("Content-Type: text/plain", "Content-Type: application/json; charset=latin-1"):
        yield kind, make_request(kind, close, method="POST", target="/v1/orders", body=ORDER)
    yield "HTTP/1.0", make_order(ORDER).replace(b"HTTP/1.1", b"HTTP/1.0")
    chunked = make_order(b"", close, "Transfer-Encoding: chunked")
    yield "a chunk", chunked + b"%x\r\n%b\r\n0\r\n\r\n" % (len(ORDER), ORDER)
    yield "a chunk and a trailer", chunked + b"%x\r\n%b\r\n0\r\nX-Account: m\r\n\r\n" % (
        len(ORDER), ORDER,
    )  # fmt: skip


REQUESTS = dict(list_requests())


def ask(port: int, request: bytes) -> bytes:
    """Return what is answered, but for what differs each time."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS) as client:
        client.sendall(request)
        answer = b""
        while part := client.recv(65536):
            answer += part
    return OF_ONE_ANSWER.sub(lambda found: found[0].partition(b":")[0], answer)


@pytest.fixture(scope="module")
def gateway(redis_server: str) -> Iterator[int]:
    with run_workers(redis_server, MAX_BODY_BYTES=f"{MAX_BODY_BYTES}") as (url, _):
        port = int(url.rpartition(":")[2])
        for _ in range(2):  # the first ones wait for the connection, and for the key of ids
            ask(port, make_order(ORDER, "Connection: close"))
        yield port


@pytest.mark.parametrize("name", REQUESTS)
def test_order_is_answered_alike_alone_and_behind_a_question(
    gateway: int, redis_url: str, name: str
) -> None:
    question = make_request(target="/v1/nothing")
    with Redis.from_url(redis_url) as redis:
        alone = ask(gateway, REQUESTS[name])
        queued = redis.llen(ORDER_QUEUE)
        first, behind = ask(gateway, question + REQUESTS[name]).split(b"HTTP/1.1 ")[1:]
        assert first.startswith(b"404 ")
        assert alone == b"HTTP/1.1 " + behind
        assert redis.llen(ORDER_QUEUE) == 2 * queued
