"""The numbers of orders and reports: who gets one, and that it stays through everything."""

import pytest

from engine.exchange.exchange import Exchange as EngineExchange
from engine.exchange.levels import Level
from protocol import channels
from protocol.snapshot import decode_snapshot, encode_snapshot
from tests.support.exchange import ID_KEY, Exchange, Json, read_events, read_replies
from tests.support.instruments import make_instruments


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def list_numbers(reports: list[Json]) -> list[tuple[int | None, int | None]]:
    return [(report["number"], report["execution_number"]) for report in reports]


def test_numbers_count_accepted_orders_and_reports_by_64(exchange: Exchange) -> None:
    assert list_numbers(exchange.order("sell", "1", "60000")) == [(64, 64)]
    assert list_numbers(exchange.order("buy", "1", "60000")) == [(128, 128), (128, 192), (64, 256)]


def test_rejected_orders_have_no_number_but_their_reports_do(exchange: Exchange) -> None:
    exchange.order("sell", "1", "60000")
    [would_trade] = exchange.order("buy", "1", "60000", order_type="post_only")
    [wrong_form] = exchange.order("buy", "0.000001", "60000")
    assert list_numbers([would_trade, wrong_form]) == [(None, 128), (None, 192)]
    assert list_numbers(exchange.order("buy", "1", "59000")) == [(128, 256)]


def test_numbers_do_not_depend_on_the_batch() -> None:
    entries = [
        {"symbol": "BTC-USDT", "side": side, "order_type": "limit", "quantity": "1", "price": "9"}
        for side in ("buy", "sell", "buy")
    ]
    one, many = Exchange(), Exchange()
    together = read_events(one.send(*entries), channels.EXECUTION_REPORTS)
    apart = [
        report
        for entry in entries
        for report in read_events(many.send(entry), channels.EXECUTION_REPORTS)
    ]
    assert list_numbers(together) == list_numbers(apart)
    assert one.batches[-1].state_hash == many.batches[-1].state_hash


def test_reply_has_the_numbers_of_the_latest_report(exchange: Exchange) -> None:
    asked = {"reply_to": "w", "request_id": "r", "client_order_id": "mine"}
    exchange.order("buy", "1", "60000", **asked)
    [reply] = read_replies(exchange.batches[-1], "w")
    assert list_numbers([reply["order"]]) == [(64, 64)]
    exchange.order("sell", "0.4", "60000")
    exchange.order("buy", "1", "60000", **asked)
    [repeat] = read_replies(exchange.batches[-1], "w")
    assert repeat["duplicate"]
    assert list_numbers([repeat["order"]]) == [(64, 256)]


def test_snapshot_keeps_the_counts_and_what_the_orders_have_of_them(exchange: Exchange) -> None:
    exchange.order("buy", "1", "60000")
    exchange.order("buy", "1", "59000")
    exchange.order("sell", "1", "60000")
    restored = EngineExchange(make_instruments(), ID_KEY, 1000)
    snapshot = encode_snapshot(exchange.state.export())
    restored.restore(decode_snapshot(snapshot))
    assert encode_snapshot(restored.export()) == snapshot
    for number in (64, 128, 192):
        found, before = (one.orders.find_number(number) for one in (restored, exchange.state))
        assert found is not None
        assert before is not None
        assert (found.order_id, found.execution_number) == (
            before.order_id, before.execution_number,
        )  # fmt: skip


def test_order_that_the_exchange_has_forgotten_is_not_found_by_its_number() -> None:
    exchange = Exchange(closed_limit=1)
    exchange.order("buy", "1", order_type="market")
    assert exchange.state.orders.find_number(64) is not None
    exchange.order("buy", "1", order_type="market")
    assert exchange.state.orders.find_number(64) is None


def test_level_numbers_the_open_orders_as_they_came_in() -> None:
    exchange = Exchange(level=Level.LEDGER)
    [first] = exchange.order("buy", "1", "60000", client_order_id="first")
    assert not {"number", "execution_number"} & first.keys()
    exchange.order("buy", "1", "61000", client_order_id="second")
    exchange.send({"command": "configure", "level": Level.ORDERS})
    taker, *fills = exchange.order("sell", "2", "60000")
    assert (taker["number"], taker["execution_number"]) == (192, 64)
    makers = [fill for fill in fills if fill["last_trade"]["liquidity"] == "maker"]
    assert [(maker["client_order_id"], maker["number"]) for maker in makers] == [
        ("second", 128),
        ("first", 64),
    ]


def test_state_hash_covers_the_counts(exchange: Exchange) -> None:
    exchange.order("buy", "1", order_type="market")
    before, core = exchange.batches[-1].state_hash, exchange.state.matcher.state_hash()
    exchange.order("buy", "1", order_type="market")
    assert exchange.state.matcher.state_hash() == core
    assert exchange.batches[-1].state_hash != before
