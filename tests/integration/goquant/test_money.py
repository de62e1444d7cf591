"""What a client reads of its account's money at a real exchange, and what it moves."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from goquant import GatewayClient, GatewayError, SyncGatewayClient
from protocol.enums import Reason
from tests.support.gateway_process import Exchange, run_exchange, use_account
from tests.support.ledgers import make_ledger
from tests.support.redis_server import run_redis

LEDGER = make_ledger(USDT="1000", BTC="1", ETH="0", SOL="0")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One that keeps a ledger."""
    folder: Path = tmp_path_factory.mktemp("money")
    with run_redis(folder) as redis_url, run_exchange(redis_url, folder, ledger=LEDGER) as exchange:
        yield exchange


def test_what_was_credited_and_traded_is_read_back(exchange: Exchange) -> None:
    async def run(hers: str, his: str) -> None:
        async with (
            GatewayClient(exchange.url, account=hers) as alice,
            GatewayClient(exchange.url, account=his) as bob,
        ):
            credit = await alice.credit(hers, "USDT", "4000", transfer_id=f"{hers}-first")
            assert (credit.free, credit.duplicate) == ("5000.00000000", False)
            repeat = await bob.credit(hers, "USDT", "4000", transfer_id=f"{hers}-first")
            assert (repeat.free, repeat.duplicate) == ("5000.00000000", True)
            await alice.submit_order("BTC-USDT", "buy", "0.1", price="40000")
            order = await bob.submit_order(
                "BTC-USDT", "sell", "0.1", price="40000", response="full"
            )
            assert order.fills
            assert (order.fills[0].commission, order.fills[0].commission_asset) == (
                "4.00000000", "USDT",
            )  # fmt: skip
            balances = await alice.balances()
            assert balances.account == hers
            assert {each.asset: (each.free, each.locked) for each in balances.balances} == {
                "USDT": ("1000.00000000", "0.00000000"),
                "BTC": ("1.09990000", "0.00000000"),
                "ETH": ("0.00000000", "0.00000000"),
                "SOL": ("0.00000000", "0.00000000"),
            }
            [position] = (await alice.positions()).positions
            assert (position.symbol, position.quantity, position.cost) == (
                "BTC-USDT", "0.09990000", "4000.00000000",
            )  # fmt: skip
            [fill] = (await alice.list_fills()).fills
            assert (fill.commission, fill.commission_asset) == ("0.00010000", "BTC")
            entries = [(each.cause, each.amount, each.asset) async for each in alice.ledger()]
            assert entries == [
                ("commission", "-0.00010000", "BTC"),
                ("trade", "0.10000000", "BTC"),
                ("trade", "-4000.00000000", "USDT"),
                ("credit", "4000.00000000", "USDT"),
                ("opening", "1.00000000", "BTC"),
                ("opening", "1000.00000000", "USDT"),
            ]

    with use_account(exchange) as hers, use_account(exchange) as his:
        asyncio.run(run(hers, his))


def test_fees_that_are_set_are_those_that_are_read(exchange: Exchange) -> None:
    with use_account(exchange) as account, SyncGatewayClient(exchange.url, account=account) as bob:
        done = bob.set_fees(account, maker="0", taker="0.0005", symbol="BTC-USDT")
        assert (done.symbol, done.taker, done.is_pending) == ("BTC-USDT", "0.0005", False)
        rates = {each.symbol: (each.maker, each.taker) for each in bob.fees()}
        assert rates["BTC-USDT"] == ("0.00000000", "0.00050000")
        assert rates["ETH-USDT"] == ("0.00100000", "0.00100000")
        with pytest.raises(GatewayError) as caught:
            bob.debit(account, "USDT", "1000.5")
        assert (caught.value.code, caught.value.nearest) == (
            Reason.INSUFFICIENT_BALANCE, "1000.00000000",
        )  # fmt: skip
