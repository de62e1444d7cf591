"""Hypothesis looks for a short sequence of commands after which the money is wrong.

Accounts have so little that about every second order lacks funds.
"""

from itertools import count, product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core import FEE_UNIT, Matcher, OrderType, Terms
from engine.core.reference.matcher import Matcher as Reference
from tests.support.core_accountant import Accountant
from tests.support.core_flow import WITHOUT_PRICE, Step
from tests.support.core_implementations import matcher_class

ACCOUNTS = 3
ASSETS = 2
IDS = st.integers(1, 20)
OWNERS = st.integers(1, ACCOUNTS - 1)
PRICES = st.integers(1, 4)
QUANTITIES = st.integers(1, 4)
RATES = st.sampled_from((0, 1, 10**7, FEE_UNIT // 3, FEE_UNIT // 2, FEE_UNIT))
UNITS = st.integers(1, 3)
TERMS = st.builds(Terms, st.just(0), st.just(1), UNITS, UNITS, RATES, RATES)
OWN_FEES = st.lists(st.tuples(OWNERS, st.integers(-1, 0), RATES, RATES), max_size=2)
CREDITS = st.lists(st.integers(0, 12), min_size=4, max_size=4)


@st.composite
def new_orders(draw: st.DrawFn) -> Step:
    order_type = draw(st.sampled_from(OrderType))
    price = 0 if order_type in WITHOUT_PRICE else draw(PRICES)
    stop_price = draw(PRICES) if order_type >= OrderType.STOP_LOSS else 0
    side, mode = draw(st.integers(0, 1)), draw(st.integers(0, 4))
    form = (side, int(order_type), draw(QUANTITIES), price, stop_price, mode)
    return Step("new", (0, 0, draw(OWNERS), *form))


def with_ids(steps: list[Step]) -> list[Step]:
    """Give each new order the next id."""
    ids = count(1)
    return [
        Step("new", (0, next(ids), *step.arguments[2:])) if step.method == "new" else step
        for step in steps
    ]


AMOUNT = st.one_of(st.just(0), PRICES)
STEPS = st.one_of(
    *(new_orders() for _ in range(8)),
    st.builds(lambda *owner: Step("cancel", owner), IDS, OWNERS),
    st.builds(lambda *form: Step("amend", form), IDS, OWNERS, st.integers(0, 6), AMOUNT, AMOUNT),
)
CANCEL_ALL = st.lists(
    st.builds(lambda *form: Step("cancel_all", form), OWNERS, st.just(-1)), max_size=1
)
SEQUENCES = st.builds(
    lambda first, canceled, rest: with_ids([*first, *canceled, *rest]),
    st.lists(STEPS, min_size=10, max_size=25),
    CANCEL_ALL,
    st.lists(STEPS, max_size=15),
)


def look(matcher: Matcher | Reference) -> dict[tuple[int, int], tuple[int, int]]:
    places = product(range(ACCOUNTS), range(ASSETS))
    return {place: matcher.balance(*place) for place in places}


def expected(accountant: Accountant) -> dict[tuple[int, int], tuple[int, int]]:
    locked = accountant.locked()
    places = product(range(ACCOUNTS), range(ASSETS))
    return {place: (accountant.total[place] - locked[place], locked[place]) for place in places}


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TERMS, OWN_FEES, CREDITS, st.booleans(), SEQUENCES)
def test_no_short_sequence_loses_or_makes_money(
    terms: Terms,
    own_fees: list[tuple[int, int, int, int]],
    funds: list[int],
    is_checked: bool,
    steps: list[Step],
) -> None:
    cores = matcher_class("cython")(1, capacity=1), matcher_class("python")(1)
    accountant = Accountant({0: terms})
    for matcher in cores:
        matcher.open_ledger(ASSETS, is_checked=is_checked)
        matcher.set_terms(0, terms)
        for account in (matcher.open_account(), matcher.open_account()):
            for asset in range(ASSETS):
                matcher.credit(account, asset, funds[2 * account + asset - 2])
        for own in own_fees:
            matcher.set_fees(*own)
    for account, asset in product((1, 2), range(ASSETS)):
        accountant.credit(account, asset, funds[2 * account + asset - 2])
    accountant.rates = {
        (account, symbol): (maker, taker) for account, symbol, maker, taker in own_fees
    }
    compiled, reference = cores
    for step in steps:
        events = step.run(compiled)
        assert events == step.run(reference)
        assert compiled.state_hash() == reference.state_hash()
        assert compiled.shortfall() == reference.shortfall()
        accountant.read(events, step.arguments[2] if step.method == "new" else 0)
        balances = look(compiled)
        assert balances == look(reference) == expected(accountant)
        assert not is_checked or min(map(min, balances.values())) >= 0
    assert compiled.take_changed() == reference.take_changed()
    saved = compiled.save()
    assert saved == reference.save()
    for matcher in cores:
        loaded = type(matcher).load(saved)
        assert loaded.save() == saved
        assert look(loaded) == look(compiled)
