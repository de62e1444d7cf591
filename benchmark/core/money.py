"""A ledger around the cases' flow: what it costs a message, and whether its sums come out."""

from benchmark.core.workload import ACCOUNTS
from engine.core import FEES_ACCOUNT, Matcher, Terms

LIMIT = 1.4
"""Most that a message may take with a ledger, as a ratio to the same without one."""
FUNDS = 10**18
"""Of every asset, so that nobody lacks anything: the flow is the same as without a ledger."""
FEE = 100_000
"""A thousandth, for makers and takers."""


def open_ledger(matcher: Matcher) -> None:
    """Have every symbol settled: a base asset each, one quote asset for all of them."""
    quote = matcher.symbols
    matcher.open_ledger(matcher.symbols + 1, is_checked=True)
    for symbol in range(matcher.symbols):
        matcher.set_terms(symbol, Terms(symbol, quote, 1, 1, FEE, FEE))
    for _ in range(ACCOUNTS):
        account = matcher.open_account()
        for asset in range(matcher.assets):
            matcher.credit(account, asset, FUNDS)
    matcher.take_changed()


def is_balanced(matcher: Matcher) -> bool:
    """Whether of every asset as much is there as was given, and some of it with the fees."""
    totals = [
        sum(sum(matcher.balance(account, asset)) for account in range(matcher.accounts))
        for asset in range(matcher.assets)
    ]
    has_fees = any(matcher.balance(FEES_ACCOUNT, asset)[0] for asset in range(matcher.assets))
    return has_fees and set(totals) == {ACCOUNTS * FUNDS}
