"""Ledgers for tests."""

from protocol.assets import AssetSpecification, LedgerSettings
from protocol.enums import BalanceMode
from tests.support.instruments import make_instruments

STARTING_BALANCES = {"USDT": "100000", "BTC": "2", "ETH": "50", "SOL": "500"}


def make_ledger(balances: BalanceMode = BalanceMode.CHECKED, **starting: str) -> LedgerSettings:
    """Make a ledger for the shipped instruments; `starting` are balances by asset."""
    amounts = STARTING_BALANCES | starting
    assets = [AssetSpecification(name, starting_balance=text) for name, text in amounts.items()]
    return LedgerSettings.of(balances, assets, make_instruments())


def make_empty_ledger(**starting: str) -> LedgerSettings:
    """Make one in which accounts open with nothing else, as on the shards from 2 on."""
    nothing = dict.fromkeys(STARTING_BALANCES, "0") | starting
    return make_ledger(BalanceMode.CHECKED, **nothing)
