"""What an account has on all shards, as reports of single shards come in."""

from archive.records import Balances, Reached
from binance_gateway.account.balance_sums import BalanceSums
from protocol.events import AccountPosition, Balance


def report(sequence: int, *balances: Balance) -> AccountPosition:
    return AccountPosition("alice", sequence, "then", list(balances))


def usdt(free: str, locked: str = "0.00") -> Balance:
    return Balance("USDT", free, locked)


def begin() -> BalanceSums:
    sums = BalanceSums()
    found = Balances(12, [usdt("15.00")], shards={1: [usdt("10.00")], 2: [usdt("4.00", "1.00")]})
    sums.begin(found, Reached("us", 5, {2: 7}))
    return sums


def test_position_of_one_shard_is_told_as_the_sum_over_all() -> None:
    sums = begin()
    assert sums.take(1, report(6, usdt("8.00", "2.00"))).balances == [usdt("12.00", "3.00")]
    assert sums.take(2, report(8, usdt("0.50"))).balances == [usdt("8.50", "2.00")]
    assert sums.take(3, report(1, usdt("-1.00"))).balances == [usdt("7.50", "2.00")]


def test_position_that_the_archive_has_already_changes_nothing() -> None:
    assert begin().take(2, report(7, usdt("9.00"))).balances == [usdt("14.00", "1.00")]


def test_asset_that_nobody_has_told_of_begins_with_the_report() -> None:
    btc = Balance("BTC", "1.0", "0.5")
    assert begin().take(3, report(1, btc)).balances == [btc]


def test_balances_of_an_account_on_shard_1_alone_are_its() -> None:
    sums = BalanceSums()
    sums.begin(Balances(5, [usdt("10.00")]), Reached("us", 5))
    assert sums.take(2, report(1, usdt("1.00"))).balances == [usdt("11.00")]
