import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from protocol import codec
from protocol.channels import STATE, STATE_FIGURES
from protocol.figures import EngineFigures
from protocol.timestamps import parse_timestamp
from tests.support.market_data import Json, MarketData, run_market_data
from tests.support.publisher import Publisher
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def service(redis_server: str) -> Iterator[MarketData]:
    """A market with 30 levels a side and 25 trades; nothing here changes it."""
    publisher = Publisher(redis_server)
    publisher.redis.flushall()
    publisher = Publisher(redis_server)
    publisher.set_levels(
        bids=[(f"{59999 - step}.00", "1.00000") for step in range(30)],
        asks=[(f"{60001 + step}.00", "2.00000") for step in range(30)],
        trades=[("60000.00", "0.10000")] * 25,
    )
    with run_market_data(redis_server) as service:
        yield service
    publisher.close()


def problem_of(service: MarketData, path: str, status: int) -> Json:
    response = service.http.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem: Json = response.json()
    assert {"type", "title", "status", "code", "detail"} <= problem.keys()
    assert problem["status"] == status
    assert problem["type"] == f"urn:goquant:problem:{problem['code']}"
    return problem


def test_order_book_to_a_depth(service: MarketData) -> None:
    book = service.get("/v1/orderbook/BTC-USDT?depth=2")
    assert book["bids"] == [["59999.00", "1.00000"], ["59998.00", "1.00000"]]
    assert book["asks"] == [["60001.00", "2.00000"], ["60002.00", "2.00000"]]
    assert book["last_update_id"] == 60
    assert book["timestamp"].endswith("Z")
    assert len(service.get("/v1/orderbook/BTC-USDT")["asks"]) == 30


def test_an_empty_book_is_empty_not_an_error(service: MarketData) -> None:
    assert service.get("/v1/orderbook/ETH-USDT") == {
        "symbol": "ETH-USDT",
        "timestamp": None,
        "last_update_id": 0,
        "bids": [],
        "asks": [],
    }
    bbo = service.get("/v1/bbo/ETH-USDT")
    assert (bbo["symbol"], bbo["bid"], bbo["ask"], bbo["update_id"]) == ("ETH-USDT", None, None, 0)
    assert service.get("/v1/trades/ETH-USDT")["trades"] == []


def test_best_bid_and_offer(service: MarketData) -> None:
    bbo = service.get("/v1/bbo/BTC-USDT")
    assert (bbo["bid"], bbo["bid_quantity"]) == ("59999.00", "1.00000")
    assert (bbo["ask"], bbo["ask_quantity"]) == ("60001.00", "2.00000")


def test_trades_come_page_by_page_newest_first(service: MarketData) -> None:
    ids: list[int] = []
    before = ""
    while True:
        page = service.get(f"/v1/trades/BTC-USDT?limit=10{before}")
        ids += [trade["trade_id"] for trade in page["trades"]]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    assert ids == list(range(25, 0, -1))


def test_an_unknown_symbol_is_told_the_valid_ones(service: MarketData) -> None:
    for route in ("orderbook", "bbo", "trades"):
        problem = problem_of(service, f"/v1/{route}/DOGE-USDT", 404)
        assert (problem["code"], problem["field"]) == ("unknown_symbol", "symbol")
        assert "BTC-USDT, ETH-USDT, SOL-USDT" in problem["detail"]


@pytest.mark.parametrize(
    ("query", "field", "nearest"),
    [
        ("orderbook/BTC-USDT?depth=0", "depth", "1"),
        ("orderbook/BTC-USDT?depth=-1", "depth", "1"),
        ("orderbook/BTC-USDT?depth=abc", "depth", "100"),
        ("orderbook/BTC-USDT?depth=7.5", "depth", "7"),
        ("orderbook/BTC-USDT?depth=999999999999999999999", "depth", "9007199254740991"),
        ("trades/BTC-USDT?limit=0", "limit", "1"),
        ("trades/BTC-USDT?limit=1001", "limit", "1000"),
        ("trades/BTC-USDT?limit=", "limit", "100"),
        ("trades/BTC-USDT?before=0", "before", "1"),
        ("trades/BTC-USDT?before=" + "9" * 30, "before", "9223372036854775807"),
        ("trades/BTC-USDT?before=x", "before", None),
        ("candles/BTC-USDT?interval=5min", "interval", "5m"),
        ("candles/BTC-USDT?interval=1H", "interval", "1h"),
        ("candles/BTC-USDT?interval=", "interval", "1m"),
    ],
)
def test_a_bad_parameter_is_named_with_its_rule_and_the_nearest_valid_value(
    service: MarketData, query: str, field: str, nearest: str | None
) -> None:
    problem = problem_of(service, f"/v1/{query}", 422)
    assert (problem["code"], problem["field"]) == ("invalid_request", field)
    assert problem.get("nearest") == nearest
    assert problem["detail"].startswith(f"{field} must be ")


@pytest.mark.parametrize(
    ("path", "field", "valid"),
    [
        ("/v1/orderbook/BTC-USDT?depht=1", "depht", "valid: depth; nearest: depth"),
        ("/v1/trades/BTC-USDT?limit=1&x=", "x", "valid: limit, before"),
        ("/v1/bbo/BTC-USDT?depth=1", "depth", "valid: none"),
        ("/v1/candles/BTC-USDT?from=1", "from", "valid: interval, start, end, limit"),
        ("/health?verbose=1", "verbose", "valid: none"),
    ],
)
def test_an_unknown_parameter_is_refused(
    service: MarketData, path: str, field: str, valid: str
) -> None:
    problem = problem_of(service, path, 422)
    assert (problem["code"], problem["field"]) == ("unknown_field", field)
    assert problem["detail"] == f"unknown parameter {field!r}; {valid}"


def test_a_parameter_that_is_given_twice_is_refused(service: MarketData) -> None:
    problem = problem_of(service, "/v1/orderbook/BTC-USDT?depth=1&depth=2", 422)
    assert problem["detail"] == "depth is given more than once"


def test_a_depth_beyond_the_book_is_all_of_it(service: MarketData) -> None:
    book = service.get("/v1/orderbook/BTC-USDT?depth=1000000000")
    assert (len(book["bids"]), len(book["asks"])) == (30, 30)


def test_an_unknown_route_and_a_wrong_method_are_problems_too(service: MarketData) -> None:
    assert problem_of(service, "/v1/nothing", 404)["code"] == "not_found"
    response = service.http.post("/health")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_health_says_where_the_feed_stands(service: MarketData) -> None:
    wait_until(lambda: service.get("/health")["sequence"] == 1, "the first commit is in")
    health = service.get("/health")
    assert parse_timestamp(health.pop("timestamp"))
    assert health.pop("exchange_id")
    assert health == {
        "status": "ok",
        "service": "market_data",
        "redis": "connected",
        "in_sync": True,
        "sequence": 1,
        "engine_sequence": 1,
        "behind": 0,
        "lag_seconds": 0.0,
    }


def test_stats_count_clients_and_what_they_leave_by(service: MarketData) -> None:
    left = service.get("/stats")["closed"].get("left", 0)
    with service.read() as reader:
        reader.next()
        assert service.get("/stats")["clients"] == 1
    wait_until(lambda: service.get("/stats")["clients"] == 0, "the reader is gone")
    stats = service.get("/stats")
    assert stats["closed"]["left"] == left + 1
    assert stats["deliveries"] > 0
    assert {"messages", "conflated", "feed"} <= stats.keys()
    assert {"gaps", "resyncs", "lost_tails", "garbage", "duplicates"} <= stats["feed"].keys()


def test_the_ticker_of_a_day(service: MarketData) -> None:
    ticker = service.get("/v1/ticker/BTC-USDT")
    assert (ticker["open"], ticker["last"], ticker["volume"]) == ("60000.00", "60000.00", "2.50000")
    assert (ticker["quote_volume"], ticker["trades"]) == ("150000.0000000", 25)
    assert service.get("/v1/ticker/ETH-USDT")["last"] is None


def test_candles_of_every_interval_up_to_the_open_one(service: MarketData) -> None:
    for interval in ("1s", "1m", "5m", "15m", "1h", "4h", "1d"):
        answer = service.get(f"/v1/candles/BTC-USDT?interval={interval}")
        assert (answer["symbol"], answer["interval"]) == ("BTC-USDT", interval)
        assert answer["since"] is None
        first = answer["candles"][0]
        assert (first["open"], first["volume"], first["trades"]) == ("60000.00", "2.50000", 25)
        assert answer["candles"][-1]["is_closed"] is False
    assert service.get("/v1/candles/ETH-USDT")["candles"] == []


def test_candles_of_a_range(service: MarketData) -> None:
    path = "/v1/candles/BTC-USDT?interval=1s"
    begin = service.get(f"{path}&limit=1000")["candles"][0]["start"]
    wait_until(lambda: len(service.get(f"{path}&limit=1000")["candles"]) >= 4, "four are there")
    starts = [each["start"] for each in service.get(f"{path}&limit=1000")["candles"]]
    assert starts[0] == begin
    part = service.get(f"{path}&start={starts[1]}&end={starts[3]}")["candles"]
    assert [each["start"] for each in part] == starts[1:3]
    assert all((each["trades"], each["close"]) == (0, "60000.00") for each in part)
    one = service.get(f"{path}&end={starts[3]}&limit=1")["candles"]
    assert [each["start"] for each in one] == [starts[2]]
    assert service.get(f"{path}&start=4000000000")["candles"] == []
    before = service.http.get(f"{path}&end=0")
    assert (before.status_code, before.json()["code"]) == (503, "archive_unavailable")


def test_metrics_are_in_the_text_format_of_prometheus(service: MarketData) -> None:
    text = service.http.get("/metrics").text
    for line in ("feed_in_sync 1.0", 'feed_received_total{what="gaps"} 0.0', "feed_connections"):
        assert line in text


def test_metrics_show_what_the_engine_has_measured(service: MarketData, redis_server: str) -> None:
    assert 'engine_matching_seconds_bucket{le="+Inf"} 0.0' in service.http.get("/metrics").text
    figures = EngineFigures()
    figures.matching.add(1_500_000, times=3)
    with open_redis(redis_server) as client:
        client.hset(STATE, STATE_FIGURES, codec.encode(figures))
        text = service.http.get("/metrics").text
        client.hset(STATE, STATE_FIGURES, b"not ours")
        assert "engine_matching" not in service.http.get("/metrics").text
        client.hdel(STATE, STATE_FIGURES)
    assert 'engine_matching_seconds_bucket{le="+Inf"} 3.0' in text
    assert "engine_matching_seconds_sum 0.0045" in text
    assert "engine_commit_seconds_count 0.0" in text


def test_the_page_and_the_documentation_are_served(service: MarketData) -> None:
    page = service.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "/ws/market-data" in page.text
    assert page.headers["cache-control"] == "no-cache"
    for answer in (page, service.http.get("/v1/docs")):
        policies = answer.headers.get_list("content-security-policy")
        assert "frame-ancestors 'none'" in policies
        [own] = [policy for policy in policies if "script-src 'sha256-" in policy]
        assert "style-src 'sha256-" in own
        assert "unsafe" not in own
    documentation = service.http.get("/v1/docs")
    assert 'fetch("openapi.json")' in documentation.text
    assert "http://" not in documentation.text
    assert "https://" not in documentation.text
    assert "default-src 'none'" in documentation.headers["content-security-policy"]
    assert "/v1/orderbook/{symbol}" in service.get("/v1/openapi.json")["paths"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, br", "gzip"), ("br;q=1.0, gzip;q=0.8", "gzip"), ("gzip;q=0", None),
        ("identity", None), ("", None),
    ],
)  # fmt: skip
def test_the_page_is_compressed_for_whoever_takes_that(
    service: MarketData, accepted: str, coding: str | None
) -> None:
    plain = service.http.get("/", headers={"Accept-Encoding": "identity"})
    answer = service.http.get("/", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"].startswith("Accept-Encoding")
    assert answer.content == plain.content
    if coding:
        assert int(answer.headers["content-length"]) < len(plain.content) / 2


def test_the_page_loads_nothing_from_outside(service: MarketData) -> None:
    page = service.http.get("/").text
    for loaded in ("<script src", '<link rel="stylesheet', "@import", 'src="http', "cdn."):
        assert loaded not in page


@pytest.mark.parametrize("path", ["/ws/nothing", "/ws/market-data/", "/v1/bbo/BTC-USDT", "/"])
def test_a_websocket_at_a_wrong_path_is_not_found(service: MarketData, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://127.0.0.1:{service.port}{path}"):
        pass
    answer = refused.value.response
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.body)["code"] == "not_found"
    assert "handshake" not in service.read_log()
