"""Balances of both cores, after every one of many random commands, against an accountant's.

An auditor reads the same events: with a ledger more can happen to an order.
"""

import sys
from collections.abc import Sequence
from itertools import islice, product

import pytest

from engine.core import FEE_UNIT, FEES_ACCOUNT, Matcher, Reason, Terms
from tests.support.core_accountant import Accountant
from tests.support.core_auditor import Auditor
from tests.support.core_flow import ACCOUNTS, FLOWS, SYMBOLS, SpecialFlow
from tests.support.core_implementations import matcher_class

ASSETS = 3
TERMS = {0: Terms(0, 2, 10, 7, 10**5, 2 * 10**5), 1: Terms(1, 2, 3, 100, 0, FEE_UNIT // 3)}
PARTS = 4
FULL_LOOK = 100
"""After so many commands the cores are saved and loaded again."""


def open_ledger(matcher: Matcher, accountant: Accountant, price: int, *, is_checked: bool) -> None:
    """Terms, and accounts with enough for a few orders at `price`."""
    matcher.open_ledger(ASSETS, is_checked=is_checked)
    for symbol, terms in TERMS.items():
        matcher.set_terms(symbol, terms)
    for _ in range(ACCOUNTS - 1):
        account = matcher.open_account()
        for asset, amount in ((0, 600), (1, 200), (2, 3_000 * price)):
            assert matcher.credit(account, asset, amount)
            accountant.credit(account, asset, amount)
    for account, symbol, *rates in ((2, -1, 5, 10**6), (2, 1, 10**7, 0), (3, 0, 1, 1)):
        matcher.set_fees(account, symbol, *rates)
        accountant.rates[account, symbol] = (rates[0], rates[1])


def read_balances(matcher: Matcher) -> list[tuple[int, int]]:
    return [matcher.balance(*place) for place in product(range(ACCOUNTS), range(ASSETS))]


def expect_balances(accountant: Accountant, balances: Sequence[tuple[int, int]]) -> None:
    """As the accountant has them; what is there changes by credits alone."""
    locked = accountant.locked()
    places = list(product(range(ACCOUNTS), range(ASSETS)))
    expected = [(accountant.total[place] - locked[place], locked[place]) for place in places]
    assert balances == expected
    for asset in range(ASSETS):
        there = sum(
            sum(balances[number]) for number, place in enumerate(places) if place[1] == asset
        )
        assert there == accountant.credited[asset]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("is_checked", [True, False])
@pytest.mark.parametrize("flow", ["narrow", "drifting"])
def test_money_is_the_same_in_both_cores_and_in_the_accountants_books(
    flow: str, is_checked: bool, part: int, command_count: int, seed: int
) -> None:
    own_seed = seed + part
    sys.stdout.write(f"flow {flow}, --seed {own_seed}\n")
    compiled, reference = matcher_class("cython")(SYMBOLS), matcher_class("python")(SYMBOLS)
    price = 100 if flow == "narrow" else 10**6
    accountant = Accountant(TERMS)
    open_ledger(compiled, accountant, price, is_checked=is_checked)
    open_ledger(reference, Accountant(TERMS), price, is_checked=is_checked)
    outcomes, auditor = set(), Auditor()
    for number, step in enumerate(islice(SpecialFlow(own_seed, FLOWS[flow]), command_count // 40)):
        events = step.run(compiled)
        assert events == step.run(reference), (number, step)
        outcomes |= {row[:2] for row in events}
        auditor.expect(step)
        auditor.read(events)
        assert not auditor.findings, (number, step)
        accountant.read(events, step.owner, step.links())
        balances = read_balances(compiled)
        assert balances == read_balances(reference), (number, step)
        expect_balances(accountant, balances)
        assert compiled.state_hash() == reference.state_hash(), (number, step)
        if is_checked:
            assert min(min(balance) for balance in balances) >= 0, (number, step)
        if number % FULL_LOOK == 0:
            assert compiled.take_changed() == reference.take_changed()
            saved = compiled.save()
            assert saved == reference.save()
            compiled, reference = type(compiled).load(saved), type(reference).load(saved)
            assert read_balances(compiled) == read_balances(reference) == balances
    assert compiled.balance(FEES_ACCOUNT, 2)[0] > 0
    lacked_funds = {reason for _, reason in outcomes} & {Reason.INSUFFICIENT_BALANCE}
    assert bool(lacked_funds) == is_checked
