"""Requests that a service must survive, each with the answers that its connection then gets."""

from collections.abc import Iterator
from typing import Any, NamedTuple

DOCUMENT = "/v1/docs"
"""A route that both services have."""
PROBE = b"GET /v1/docs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
"""Sent behind each request: it is answered once, as itself, or not at all."""
SERVED = (200, 200)
ORDER = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","price":"1","quantity":"1"}'
SMUGGLED = (
    b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b"
) % (len(ORDER), ORDER)
"""An order, if anything takes it for a request."""


class Hostile(NamedTuple):
    """A request and the statuses of what is answered, that of the probe included."""

    name: str
    request: bytes
    statuses: tuple[int, ...]


def make_request(
    *fields: str | bytes,
    method: str = "GET",
    target: str = DOCUMENT,
    version: str = "1.1",
    host: str | None = "localhost",
    body: bytes = b"",
) -> bytes:
    """Return a request as it is sent; `fields` are whole lines."""
    lines: list[str | bytes] = [f"{method} {target} HTTP/{version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    encoded = [line.encode() if isinstance(line, str) else line for line in (*lines, *fields)]
    return b"\r\n".join([*encoded, b"", body])


def list_for_both() -> list[Hostile]:
    """Return the requests that both services answer in the same way."""
    return [
        *_list_sizes(), *_list_upgrades(), *_list_hosts(), *_list_repeats(), *_list_targets(),
        *_list_framing(), *_list_lines(), *_list_bodies(), *_list_sites(), *_list_codings(),
    ]  # fmt: skip


def _list_sizes() -> Iterator[Hostile]:
    yield Hostile("a header that fits", make_request("A: " + "x" * 7_990), SERVED)
    yield Hostile("a header that does not", make_request("A: " + "x" * 8_000), (431,))
    yield Hostile("a header of a megabyte", make_request("A: " + "x" * 1_000_000), (431,))
    yield Hostile("a header name of 64 KB", make_request("a" * 65_536 + ": x"), (431,))
    yield Hostile("a header without an end", b"GET / HTTP/1.1\r\nA: " + b"x" * 1_000_000, (431,))
    yield Hostile("a name without an end", b"GET / HTTP/1.1\r\n" + b"x" * 100_000, (431,))
    yield Hostile("three headers that do not fit", make_request(*["A: " + "x" * 6_000] * 3), (431,))
    yield Hostile("99 headers", make_request(*[f"a{number}: x" for number in range(99)]), SERVED)
    yield Hostile("101 headers", make_request(*[f"a{number}: x" for number in range(100)]), (431,))
    yield Hostile("100,000 headers", make_request(*["a: x"] * 100_000), (431,))
    yield Hostile("100,000 headers, no end", make_request(*["a: x"] * 100_000)[:-2], (431,))
    behind = make_request(*["A: " + "x" * 7_000] * 3)
    yield Hostile("a large head behind a request", make_request() + behind, (200,))
    yield Hostile("a path of 8,000 bytes", make_request(target="/" + "x" * 7_999), (404, 200))
    yield Hostile("a path of 8,001 bytes", make_request(target="/" + "x" * 8_000), (414,))
    yield Hostile("a path of a megabyte", make_request(target="/" + "x" * 1_000_000), (414,))
    yield Hostile("a path without an end", b"GET /" + b"x" * 1_000_000, (414,))
    yield Hostile("a query without an end", b"GET /?" + b"x" * 1_000_000, (414,))
    yield Hostile("a method without an end", b"A" * 100_000, (400,))
    yield Hostile("blank lines without an end", b"\r\n" * 50_000, (431,))
    yield Hostile("some blank lines", b"\r\n" * 4 + make_request(), SERVED)
    chunked = make_request("Transfer-Encoding: chunked")
    yield Hostile("a trailer that fits", chunked + b"0\r\nA: x\r\n\r\n", SERVED)
    yield Hostile("a trailer of a megabyte", chunked + b"0\r\nA: " + b"x" * 1_000_000, (431,))
    yield Hostile("100,000 trailers", chunked + b"0\r\n" + b"a: x\r\n" * 100_000, (431,))
    yield Hostile("a chunk extension of a megabyte", chunked + b"0;a=" + b"x" * 1_000_000, (431,))


def make_handshake(*fields: str, target: str = "/ws/none", **rest: Any) -> bytes:
    """Return a WebSocket handshake."""
    return make_request(
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *fields, target=target, **rest,
    )  # fmt: skip


def _list_upgrades() -> Iterator[Hostile]:
    for name in ("h2c", "HTTP/2.0", "TLS/1.0", "foo", "websocket2", "h2c, websocket", ""):
        asked = ("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {name}", "HTTP2-Settings: AAMA")
        yield Hostile(f"upgrade to {name!r}", make_request(*asked), SERVED)
        smuggling = make_request(*asked, body=SMUGGLED)
        yield Hostile(f"upgrade to {name!r} with a request as its body", smuggling, (400, 200))
    chunked = make_request("Connection: upgrade", "Upgrade: h2c", "Transfer-Encoding: chunked")
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
    yield Hostile("upgrade with a request in a chunk", chunked + chunk, (400, 200))
    twice = make_request("Connection: upgrade", "Upgrade: h2c") * 2
    yield Hostile("two upgrades in a row", twice, (200, 200, 200))
    many = make_request("Connection: upgrade", "Upgrade: h2c", target="/none") * 150
    yield Hostile("150 upgrades at once", many, (404,) * 150 + (200,))
    yield Hostile("an upgrade of HTTP/1.0", make_handshake(version="1.0"), (404,))
    yield Hostile("a handshake by POST", make_handshake(method="POST"), (404, 200))
    with_body = make_request("Upgrade: websocket", "Connection: Upgrade", body=SMUGGLED)
    yield Hostile("a handshake with a request as its body", with_body, (400, 200))
    yield Hostile("a handshake of 20 KB", make_handshake("A: " + "x" * 20_000), (431,))
    yield Hostile("a handshake of 9 KB", make_handshake("A: " + "x" * 9_000), (431,))
    yield Hostile("a handshake's long query", make_handshake(target="/?" + "x" * 9_000), (414,))
    yield Hostile(
        "a handshake without an end", make_handshake()[:-2] + b"A: " + b"x" * 9**6, (431,)
    )
    yield Hostile("a handshake of 101 headers", make_handshake(*["a: b"] * 101), (431,))
    yield Hostile("a handshake without Host", make_handshake(host=""), (400,))
    yield Hostile("a handshake behind a request", make_request() + make_handshake(), (200,))
    yield Hostile("CONNECT", make_request(method="CONNECT", target="localhost:22"), (400,))
    yield Hostile("CONNECT to a path", make_request(method="CONNECT", target="/"), (400,))


def _list_hosts() -> Iterator[Hostile]:
    yield Hostile("no Host", make_request(host=None), (400,))
    for host in (
        "", "user@localhost", "user:secret@localhost", "localhost@evil.example", "a:b",
        "localhost:99999999", "localhost:", "local host", "localhost/evil", "localhost?evil",
        "localhost#evil", "localhost,evil.example", "localhost\\evil", "[::1", "::1", "http://a",
        "[::1]x", "a\tb", "é",
    ):  # fmt: skip
        yield Hostile(f"Host: {host!r}", make_request(host=host), (400,))
    for host in ("evil.example", "localhost.evil.example:8001", "feed.lan."):
        yield Hostile(f"Host: {host!r}", make_request(host=host), (403, 200))
    for host in (
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1",
        "[::1]:8001",
        "10.0.0.1",
        "  localhost ",
    ):
        yield Hostile(f"Host: {host!r}", make_request(host=host), SERVED)
    for host in ("localhost", "evil.example"):
        yield Hostile(f"two hosts, {host}", make_request(f"Host: {host}"), (400,))
        yield Hostile(f"two hosts, host {host}", make_request(f"hOST: {host}"), (400,))
    yield Hostile("no Host in HTTP/1.0", make_request(host=None, version="1.0"), (403,))


def _list_repeats() -> Iterator[Hostile]:
    for name in (
        "X-API-Key", "X-Account", "X-Timestamp", "X-Signature", "Idempotency-Key", "Content-Type",
        "Origin", "X-Request-Id", "Authorization", "Sec-Fetch-Site", "Content-Encoding",
    ):  # fmt: skip
        yield Hostile(f"{name} twice", make_request(f"{name}: a", f"{name}: a"), (400,))
        spelled = make_request(f"{name}: a", f"{name.upper()}: b")
        yield Hostile(f"{name} twice in two spellings", spelled, (400,))
    yield Hostile("Accept twice", make_request("Accept: a", "Accept: b"), SERVED)
    late = make_request("Transfer-Encoding: chunked", "X-Account: a")
    yield Hostile("X-Account as a trailer", late + b"0\r\nX-Account: b\r\n\r\n", SERVED)
    yield Hostile("Host as a trailer", late + b"0\r\nHost: evil.example\r\n\r\n", SERVED)


def _list_targets() -> Iterator[Hostile]:
    yield Hostile("our own URL", make_request(target="http://localhost/v1/docs"), SERVED)
    for target in (
        "http://evil.example/v1/docs", "http://localhost@evil.example/v1/docs",
        "https://localhost/v1/docs", "ftp://localhost/", "localhost", "v1/docs", "*", "//",
        "/v1/docs#a", "http://localhost/v1/docs#a", "?", "\\v1\\docs",
    ):  # fmt: skip
        statuses = (404, 200) if target == "//" else (400,)
        yield Hostile(f"target {target}", make_request(target=target), statuses)
    for target in (
        "/v1/../health/..",
        "/v1/docs/",
        "//v1/docs",
        "/%00",
        "/%2e%2e/etc/passwd",
        "/%ff",
    ):
        yield Hostile(f"target {target}", make_request(target=target), (404, 200))
    for raw in (b"/\xc3\xa9", b"/\x00", b"/\x01", b"/a b"):
        head = b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % raw
        yield Hostile(f"target {raw!r}", head, (400,))


def _list_framing() -> Iterator[Hostile]:
    for lines in (
        ("Content-Length: 3", "Content-Length: 3"), ("Content-Length: 3", "Content-Length: 30"),
        ("Content-Length: 3", "Transfer-Encoding: chunked"), ("Content-Length: -1",),
        ("Content-Length: +3",), ("Content-Length: 0x3",), ("Content-Length: 3, 3",),
        ("Content-Length: 3 3",), ("Content-Length: " + "9" * 30,), ("Content-Length:",),
        ("Content-Length: 1e3",), ("Transfer-Encoding: gzip",), ("Transfer-Encoding: identity",),
        ("Transfer-Encoding: chunked, gzip",), ("Transfer-Encoding: chunked",) * 2,
        ("Transfer-Encoding : chunked",), ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding:\x0bchunked",), ("Content-Length : 3",), (" Content-Length: 3",),
    ):  # fmt: skip
        request = make_request(*lines, method="POST", target="/none") + b"abc"
        yield Hostile(" + ".join(lines), request, (400,))
    old = make_request("Transfer-Encoding: chunked", version="1.0")
    yield Hostile("chunks in HTTP/1.0", old + b"0\r\n\r\n", (400,))
    chunked = make_request("Transfer-Encoding: chunked")
    for chunk in (
        b"x\r\n", b"-1\r\n", b"0x1\r\na\r\n", b"1\r\nab\r\n0\r\n\r\n", b"1\na\n0\n\n",
        b" 1\r\na\r\n", b"fffffffffffffffff\r\n", b"1 \r\na\r\n0\r\n\r\n", b"1\r\na0\r\n\r\n",
        b"+1\r\na\r\n0\r\n\r\n",
    ):  # fmt: skip
        yield Hostile(f"chunk {chunk!r}", chunked + chunk, (400,))


def _list_lines() -> Iterator[Hostile]:
    for name, request in (
        ("bare line feeds", make_request().replace(b"\r\n", b"\n")),
        ("a bare carriage return", make_request("A: b\rX-Account: c")),
        ("a folded header", make_request("A: b", " c")),
        ("a folded Host", make_request(" evil.example")),
        ("a NUL in a value", make_request(b"A: b\x00c")),
        ("a NUL in a name", make_request(b"A\x00: b")),
        ("a blank in a name", make_request("A b: c")),
        ("a blank before the colon", make_request("X-Account : b")),
        ("no name", make_request(": b")),
        ("no colon", make_request("A")),
        ("HTTP/0.9", b"GET /v1/docs\r\n\r\n"),
        ("HTTP/1.2", make_request(version="1.2")),
        ("HTTP/3.7", make_request(version="3.7")),
        ("HTTP/11", make_request(version="11")),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("no version", b"GET / \r\n\r\n"),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64),
        ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n"),
        ("Redis", b"*1\r\n$4\r\nPING\r\n"),
        ("an unknown method", make_request(method="STEAL")),
        ("a method in lower case", make_request(method="get")),
        ("an answer", b"HTTP/1.1 200 OK\r\n\r\n"),
        ("a byte order mark", b"\xef\xbb\xbf" + make_request()),
    ):
        yield Hostile(name, request, (400,))
    two_blanks = b"GET  /v1/docs  HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield Hostile("two blanks in the first line", two_blanks, SERVED)
    yield Hostile("blanks around a value", make_request("X-Request-Id: \t a \t"), SERVED)


def _list_bodies() -> Iterator[Hostile]:
    for body in (b"", b"{}", b"null", b" {} \r\n", b" null"):
        yield Hostile(f"a GET with {body!r}", make_request(body=body), SERVED)
    for body in (b"[]", b"0", b"{ }x", b"nul", b'{"symbol":"ETH-USDT"}', b"x" * 100, SMUGGLED):
        yield Hostile(f"a GET with {body[:20]!r}", make_request(body=body), (400, 200))
    chunked = make_request("Transfer-Encoding: chunked")
    yield Hostile("a GET with chunks of {}", chunked + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", SERVED)
    yield Hostile("a GET with a chunk", chunked + b"1\r\na\r\n0\r\n\r\n", (400, 200))
    yield Hostile("a GET with a megabyte", make_request(body=b"x" * 1_000_000), (400, 200))
    endless = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    yield Hostile("a GET with 20 MB in chunks", chunked + endless * 320, (400,))


def _list_sites() -> Iterator[Hostile]:
    for mode, target, statuses in (
        ("no-cors", "image", (403, 200)), ("no-cors", "script", (403, 200)),
        ("navigate", "iframe", (403, 200)), ("cors", "empty", (403, 200)),
        ("navigate", "document", SERVED),
    ):  # fmt: skip
        fields = (
            "Sec-Fetch-Site: cross-site", f"Sec-Fetch-Mode: {mode}", f"Sec-Fetch-Dest: {target}",
        )  # fmt: skip
        yield Hostile(f"cross-site {mode} {target}", make_request(*fields), statuses)
    yield Hostile("cross-site alone", make_request("Sec-Fetch-Site: cross-site"), (403, 200))
    for site in ("same-origin", "none", "same-site"):
        yield Hostile(f"Sec-Fetch-Site: {site}", make_request(f"Sec-Fetch-Site: {site}"), SERVED)


def _list_codings() -> Iterator[Hostile]:
    for coding in ("gzip", "br", "GZIP", "gzip, gzip", "x"):
        request = make_request(f"Content-Encoding: {coding}", body=b"\x1f\x8b")
        yield Hostile(f"a body in {coding}", request, (415,))
    yield Hostile("a body in identity", make_request("Content-Encoding: identity"), SERVED)


def make_order(body: bytes, *fields: str, target: str = "/v1/orders") -> bytes:
    """Return a request that puts an order into the queue if everything in it is right."""
    kind = "Content-Type: application/json"
    return make_request(kind, *fields, method="POST", target=target, body=body)


def list_for_gateway() -> list[Hostile]:
    """Return the requests that only the gateway would take for orders."""
    return [*_list_orders(), *_list_cancels(), *_list_large_orders()]


def _list_orders() -> Iterator[Hostile]:
    rest = b'"symbol":"BTC-USDT","order_type":"limit","price":"1","quantity":"1"'
    for name, body in (
        ("a key twice", b'{"side":"buy","side":"sell",' + rest + b"}"),
        ("a key twice, once escaped", b'{"side":"buy","s\\u0069de":"sell",' + rest + b"}"),
        ("a price twice, once null", b'{"side":"buy",' + rest + b',"pric\\u0065":null}'),
        ("a symbol twice", b'{"side":"buy","symb\\u006fl":"ETH-USDT",' + rest + b"}"),
        ("a byte order mark", b'\xef\xbb\xbf{"side":"buy",' + rest + b"}"),
        ("UTF-16", b"\xff\xfe{\x00}\x00"),
        ("two orders", b'{"side":"buy",' + rest + b'}{"side":"buy",' + rest + b"}"),
        ("a NUL behind it", b'{"side":"buy",' + rest + b"}\x00"),
    ):
        yield Hostile(f"an order with {name}", make_order(body), (422, 200))
    batch = b'{"orders":[],"order\\u0073":[{"side":"buy",' + rest + b"}]}"
    yield Hostile("a batch twice", make_order(batch, target="/v1/orders/batch"), (422, 200))
    marked = b'\xef\xbb\xbf{"orders":[{}]}'
    yield Hostile("a batch with a mark", make_order(marked, target="/v1/orders/batch"), (422, 200))
    for fields in (
        ("Content-Encoding: gzip",), ("X-Account: a", "X-Account: b"), ("Host: localhost",),
        ("X-API-Key: a", "X-API-Key: b"), ("Content-Type: application/json",),
    ):  # fmt: skip
        statuses = (415,) if "gzip" in fields[0] else (400,)
        yield Hostile(f"an order with {' + '.join(fields)}", make_order(ORDER, *fields), statuses)
    foreign = make_order(ORDER, "Sec-Fetch-Site: cross-site")
    yield Hostile("an order of another site", foreign, (403, 200))
    yield Hostile("an order of a frame", make_order(ORDER, "Origin: null"), (403, 200))


def _list_cancels() -> Iterator[Hostile]:
    for target in ("/v1/orders", "/v1/orders/1", "/v1/orders/by-client-id/a"):
        for body in (b'{"symbol":"ETH-USDT"}', b"[]", b"{}{}", b"symbol=ETH-USDT", b"false"):
            request = make_request(method="DELETE", target=target, body=body)
            yield Hostile(f"DELETE {target} with {body!r}", request, (400, 200))
    for target in ("/v1/instruments/BTC-USDT/halt", "/v1/instruments/BTC-USDT/resume"):
        request = make_request(method="POST", target=target, body=b'{"symbol":"ETH-USDT"}')
        yield Hostile(f"POST {target} with another symbol", request, (400, 200))


def _list_large_orders() -> Iterator[Hostile]:
    yield Hostile("an order of 70 KB", make_order(b"x" * 70_000), (413, 200))
    yield Hostile("an order of a megabyte", make_order(b"x" * 1_000_000), (413, 200))
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    chunked = make_order(b"", "Transfer-Encoding: chunked")
    yield Hostile("an order of 128 KB in chunks", chunked + chunk * 2 + b"0\r\n\r\n", (413, 200))
    yield Hostile("an order without an end", chunked + chunk * 320, (413,))
    broken = chunked + b"3\r\n{}" + b"\r\n" * 9
    yield Hostile("an order with a broken chunk", broken, (400,))
