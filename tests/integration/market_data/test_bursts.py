"""One commit with very many trades: nobody who reads is closed for it, nobody else waits."""

import time
from contextlib import ExitStack

from tests.support.market_data import MarketData, Reader
from tests.support.publisher import Publisher
from tests.support.waiting import wait_until

TRADES = 12_000


def read_trade_ids(reader: Reader, count: int) -> list[int]:
    return [reader.next_of("trade")["data"]["trade_id"] for _ in range(count)]


def test_a_sweep_of_12_000_orders_reaches_everyone_who_reads(
    service: MarketData, publisher: Publisher
) -> None:
    with ExitStack() as stack:
        readers = [stack.enter_context(service.read("trades", "bbo")) for _ in range(8)]
        for _ in range(4):
            stack.enter_context(service.open_deaf_socket())
        wait_until(lambda: service.get("/stats")["clients"] == 12, "all readers are counted")
        publisher.set_levels(
            bids=[("60000.00", "1.00000")], trades=[("60000.00", "0.10000")] * TRADES
        )
        for reader in readers:
            assert read_trade_ids(reader, TRADES) == list(range(1, TRADES + 1))
            assert reader.next_of("bbo")["data"]["bid"] == "60000.00"
        assert service.get("/stats")["closed"] == {}


def test_others_are_answered_while_a_sweep_is_sent(
    service: MarketData, publisher: Publisher
) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(service.read("trades"))
        publisher.set_levels(trades=[("60000.00", "0.10000")] * 60_000)
        partial: set[int] = set()
        while (heard := service.get("/v1/trades/BTC-USDT?limit=1")["trades"]) == [] or (
            heard[0]["trade_id"] < 60_000
        ):
            partial.update(trade["trade_id"] for trade in heard)
            time.sleep(0)
    assert partial, "no question was answered before the whole sweep was sent"
