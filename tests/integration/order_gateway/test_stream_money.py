"""`/ws/orders` of an exchange that keeps a ledger: what the account has, and every change of it."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from archive.database import open_for_queries
from archive.queries import Archive
from goquant import GatewayClient, OrderReader, Update
from protocol.enums import BalanceCause
from protocol.events import Balance
from tests.support.archive_service import run_follower, wait_until_archive_is_there
from tests.support.engine_service import run_engine
from tests.support.gateway_process import (
    Exchange,
    run_exchange,
    run_workers,
    use_account,
    wait_for_archive,
)
from tests.support.ledgers import make_ledger
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis
from tests.support.waiting import DEADLINE_SECONDS, until

LEDGER = make_ledger(USDT="1000", BTC="1", ETH="0", SOL="0")
NOTHING = "0.00000000"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One that keeps a ledger."""
    folder: Path = tmp_path_factory.mktemp("money")
    with (
        run_redis(folder) as redis_url,
        run_exchange(redis_url, folder, ledger=LEDGER) as exchange,
    ):
        yield exchange


async def take(updates: AsyncGenerator[Update], count: int) -> list[Update]:
    async with asyncio.timeout(DEADLINE_SECONDS):
        return [await anext(updates) for _ in range(count)]


def show(balances: list[Balance] | None) -> dict[str, tuple[str, str]]:
    return {each.asset: (each.free, each.locked) for each in balances or ()}


def test_account_that_nobody_has_used_is_told_of_its_opening(exchange: Exchange) -> None:
    async def run(account: str) -> None:
        async with GatewayClient(exchange.url, account=account) as gateway:
            updates = gateway.stream_orders()
            [snapshot] = await take(updates, 1)
            assert show(snapshot.balances) == dict.fromkeys(
                ("USDT", "BTC", "ETH", "SOL"), (NOTHING, NOTHING)
            )
            await gateway.submit_order("BTC-USDT", "buy", "0.01", price="50000")
            told = await take(updates, 4)
            assert [each.type for each in told] == [
                "balance_changed", "balance_changed", "execution_report", "account_position",
            ]  # fmt: skip
            openings = [(each.change.asset, each.change.cause) for each in told if each.change]
            assert openings == [("USDT", BalanceCause.OPENING), ("BTC", BalanceCause.OPENING)]
            assert show(told[-1].balances) == {
                "USDT": ("500.00000000", "500.00000000"), "BTC": ("1.00000000", NOTHING),
            }  # fmt: skip

    with use_account(exchange) as account:
        asyncio.run(run(account))


def test_fill_is_followed_by_the_balances_that_it_left(exchange: Exchange) -> None:
    async def run(hers: str, his: str) -> None:
        async with (
            GatewayClient(exchange.url, account=hers) as alice,
            GatewayClient(exchange.url, account=his) as bob,
        ):
            await alice.submit_order("BTC-USDT", "buy", "0.01", price="50000")
            updates = alice.stream_orders()
            [snapshot] = await take(updates, 1)
            assert show(snapshot.balances)["USDT"] == ("500.00000000", "500.00000000")
            await bob.submit_order("BTC-USDT", "sell", "0.004", price="50000")
            report, position = await take(updates, 2)
            assert report.fill
            assert (report.fill.commission, report.fill.commission_asset) == ("0.00000400", "BTC")
            assert show(position.balances) == {
                "USDT": ("500.00000000", "300.00000000"), "BTC": ("1.00399600", NOTHING),
            }  # fmt: skip

    with use_account(exchange) as hers, use_account(exchange) as his:
        asyncio.run(run(hers, his))


def test_credit_and_debit_are_told_to_their_account_alone(exchange: Exchange) -> None:
    async def run(hers: str, his: str) -> None:
        async with GatewayClient(exchange.url, account=hers) as alice:
            await alice.credit(hers, "USDT", "1")
            updates = alice.stream_orders()
            await take(updates, 1)
            await alice.credit(his, "USDT", "5")
            debit = await alice.debit(hers, "USDT", "0.5", transfer_id=f"{hers}-debit")
            assert (debit.free, debit.duplicate) == ("1000.50000000", False)
            changed, position = await take(updates, 2)
            assert changed.change
            assert (changed.change.amount, changed.change.id) == ("-0.50000000", f"{hers}-debit")
            assert show(position.balances) == {"USDT": ("1000.50000000", NOTHING)}

    with use_account(exchange) as hers, use_account(exchange) as his:
        asyncio.run(run(hers, his))


def cut_subscriptions(redis_url: str) -> None:
    with open_redis(redis_url) as server:
        server.client_kill_filter(_type="pubsub")


async def follow(reader: OrderReader) -> None:
    async for _ in reader:
        pass


def read_archived(exchange: Exchange, account: str) -> dict[str, Balance]:
    with open_redis(exchange.redis_url) as server:
        wait_until_archive_is_there(server)
    archive = Archive(open_for_queries(exchange.database_url))
    balances = archive.read_balances(account).balances or []
    archive.close()
    return {each.asset: each for each in balances}


@pytest.mark.parametrize("is_cut", [False, True])
def test_readers_that_join_while_orders_flow_know_what_the_account_has(
    exchange: Exchange, is_cut: bool
) -> None:
    async def run(account: str) -> None:
        async with GatewayClient(exchange.url, account=account) as gateway:
            readers: list[OrderReader] = []
            following: list[asyncio.Task[None]] = []
            orders = [
                {
                    "symbol": "BTC-USDT", "side": side, "quantity": "0.002", "price": "50000",
                    "order_type": "limit",
                }
                for side in ("buy", "sell", "buy")
            ]  # fmt: skip
            for number in range(40):
                if number in {0, 10, 20, 30}:
                    readers.append(OrderReader(gateway))
                    following.append(asyncio.create_task(follow(readers[-1])))
                if is_cut and number in {5, 15, 25, 35}:
                    cut_subscriptions(exchange.redis_url)
                await gateway.submit_orders(orders, response="result")
            await gateway.cancel_orders()
            known = await asyncio.to_thread(read_archived, exchange, account)
            assert known["BTC"].free < "1"  # commissions
            assert {each.locked for each in known.values()} == {NOTHING}
            for reader in readers:
                await until(lambda reader=reader: reader.balances == known)  # type: ignore[misc]
            for task in following:
                task.cancel()

    with use_account(exchange) as account:
        asyncio.run(run(account))


def test_snapshot_ahead_of_the_archive_has_the_balances_of_the_journal(
    redis_url: str, tmp_path: Path
) -> None:
    """Whatever the archive lacks, orders and balances are as of the same command."""
    database_url = f"sqlite:///{tmp_path / 'archive.sqlite3'}"

    async def run(url: str) -> None:
        async with GatewayClient(url, account="alice") as alice:
            await alice.submit_order("BTC-USDT", "buy", "0.01", price="40000")
            [snapshot] = await take(alice.stream_orders(), 1)
            assert len(snapshot.orders) == 1
            assert show(snapshot.balances) == {
                "USDT": ("600.00000000", "400.00000000"),
                "BTC": ("1.00000000", NOTHING),
                "ETH": (NOTHING, NOTHING),
                "SOL": (NOTHING, NOTHING),
            }

    with (
        run_engine(redis_url, ledger=LEDGER),
        run_workers(redis_url, DATABASE_URL=database_url) as (url, _),
    ):
        with (
            run_follower(redis_url, database_url),
            wait_for_archive(database_url),
            open_redis(redis_url) as server,
        ):
            wait_until_archive_is_there(server)
        asyncio.run(run(url))


def test_exchange_without_a_ledger_tells_no_balances(redis_url: str, tmp_path: Path) -> None:
    async def run(url: str) -> None:
        async with GatewayClient(url) as gateway:
            updates = gateway.stream_orders()
            [snapshot] = await take(updates, 1)
            assert snapshot.balances is None
            await gateway.submit_order("BTC-USDT", "buy", "1", price="50000")
            await gateway.cancel_orders()
            assert {each.type for each in await take(updates, 2)} == {"execution_report"}

    with run_exchange(redis_url, tmp_path) as exchange:
        asyncio.run(run(exchange.url))
