"""The ledger's methods on both cores: what they refuse, how large a balance is, what they forget.

What orders and trades do with money stands in `tests/scenarios/money_*.txt`.
"""

from decimal import Decimal
from typing import Any

import pytest

from engine.core import (
    FEE_UNIT,
    FEES_ACCOUNT,
    MAX_AMOUNT,
    MAX_ASSETS,
    MAX_PRICE,
    MAX_QUANTITY,
    EventKind,
    Matcher,
    OrderType,
    Reason,
    Side,
    Terms,
)

BASE, QUOTE = 0, 1
TERMS = Terms(BASE, QUOTE, 10, 7)
BUY, SELL, LIMIT = Side.BUY, Side.SELL, OrderType.LIMIT


@pytest.fixture
def ledger(matcher: Matcher) -> Matcher:
    """Two books, of which the first is settled; accounts 1 and 2 have 1,000 of both assets."""
    return open_ledger(matcher)


def open_ledger(matcher: Matcher, *, is_checked: bool = True, credit: int = 1_000) -> Matcher:
    matcher.open_ledger(2, is_checked=is_checked)
    matcher.set_terms(0, TERMS)
    for account in (matcher.open_account(), matcher.open_account()):
        for asset in (BASE, QUOTE):
            assert matcher.credit(account, asset, credit)
    return matcher


# Errors


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("add_asset", ()),
        ("set_terms", (0, TERMS)),
        ("open_account", ()),
        ("credit", (1, 0, 5)),
        ("set_fees", (1, 0, 5, 5)),
        ("balance", (1, 0)),
        ("take_changed", ()),
        ("shortfall", ()),
    ],
)
def test_without_a_ledger_its_methods_are_refused(
    matcher: Matcher, method: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(ValueError, match="no ledger"):
        getattr(matcher, method)(*arguments)
    assert (matcher.assets, matcher.accounts, matcher.terms(0)) == (0, 0, None)


@pytest.mark.parametrize("assets", [0, -1, MAX_ASSETS + 1, 2**80])
def test_ledger_of_an_impossible_number_of_assets_is_refused(matcher: Matcher, assets: int) -> None:
    with pytest.raises(ValueError, match=f"assets must be from 1 to {MAX_ASSETS}"):
        matcher.open_ledger(assets, is_checked=True)
    assert matcher.assets == 0


def test_second_ledger_is_refused(ledger: Matcher) -> None:
    with pytest.raises(ValueError, match="a ledger already"):
        ledger.open_ledger(2, is_checked=True)


def test_asset_beyond_the_last_is_refused(matcher: Matcher) -> None:
    matcher.open_ledger(MAX_ASSETS, is_checked=True)
    with pytest.raises(ValueError, match=f"at most {MAX_ASSETS} assets"):
        matcher.add_asset()


NO_INTEGER = [1.0, "1", None, Decimal(1)]


@pytest.mark.parametrize("value", NO_INTEGER)
@pytest.mark.parametrize(
    ("method", "arguments", "place"),
    [
        *(("credit", (1, 0, 5), place) for place in range(3)),
        *(("set_fees", (1, 0, 5, 5), place) for place in range(4)),
        *(("balance", (1, 0), place) for place in range(2)),
        ("set_terms", (0, TERMS), 0),
        ("terms", (0,), 0),
    ],
)
def test_what_is_no_integer_is_a_type_error(
    ledger: Matcher, method: str, arguments: tuple[Any, ...], place: int, value: object
) -> None:
    before = ledger.save()
    spoiled = (*arguments[:place], value, *arguments[place + 1 :])
    with pytest.raises(TypeError):
        getattr(ledger, method)(*spoiled)
    assert ledger.save() == before


@pytest.mark.parametrize("value", NO_INTEGER)
@pytest.mark.parametrize("place", range(6))
def test_terms_of_what_is_no_integer_are_a_type_error(
    ledger: Matcher, place: int, value: object
) -> None:
    terms: Any = (*TERMS[:place], value, *TERMS[place + 1 :])
    with pytest.raises(TypeError):
        ledger.set_terms(1, terms)
    assert ledger.terms(1) is None


@pytest.mark.parametrize("assets", [1.0, "1", None])
def test_number_of_assets_that_is_no_integer_is_a_type_error(matcher: Matcher, assets: Any) -> None:
    with pytest.raises(TypeError):
        matcher.open_ledger(assets, is_checked=True)


@pytest.mark.parametrize("terms", [(), (0, 1, 10, 7), (0, 1, 10, 7, 0, 0, 0)])
def test_terms_of_another_length_are_a_type_error(ledger: Matcher, terms: Any) -> None:
    with pytest.raises(TypeError):
        ledger.set_terms(1, terms)


@pytest.mark.parametrize(("account", "asset"), [(3, 0), (-1, 0), (2**70, 0), (1, 2), (1, -1)])
def test_unknown_account_or_asset_is_an_index_error(
    ledger: Matcher, account: int, asset: int
) -> None:
    with pytest.raises(IndexError, match=f"no account {account} with an asset {asset}"):
        ledger.balance(account, asset)
    with pytest.raises(IndexError, match=f"no account {account} with an asset {asset}"):
        ledger.credit(account, asset, 5)


@pytest.mark.parametrize(("account", "symbol"), [(3, 0), (-1, 0), (1, 2), (1, -2), (1, 2**70)])
def test_own_fees_of_an_unknown_account_or_symbol_are_an_index_error(
    ledger: Matcher, account: int, symbol: int
) -> None:
    with pytest.raises(IndexError):
        ledger.set_fees(account, symbol, 0, 0)


@pytest.mark.parametrize("rate", [-1, FEE_UNIT + 1, 2**80])
def test_fee_rate_out_of_range_is_refused(ledger: Matcher, rate: int) -> None:
    for rates in ((rate, 0), (0, rate)):
        with pytest.raises(ValueError, match=f"a fee rate is from 0 to {FEE_UNIT}"):
            ledger.set_fees(1, 0, *rates)
        with pytest.raises(ValueError, match=f"a fee rate is from 0 to {FEE_UNIT}"):
            ledger.set_terms(1, Terms(BASE, QUOTE, 1, 1, *rates))
    assert ledger.terms(1) is None


@pytest.mark.parametrize("units", [0, -1, 2**63, 2**80])
def test_units_out_of_range_are_refused(ledger: Matcher, units: int) -> None:
    for lot_units, step_units in ((units, 1), (1, units)):
        with pytest.raises(ValueError, match="units must be from 1"):
            ledger.set_terms(1, Terms(BASE, QUOTE, lot_units, step_units))


@pytest.mark.parametrize(("base", "quote"), [(0, 0), (2, 0), (0, 2), (-1, 0), (0, 2**70)])
def test_terms_without_two_assets_are_an_index_error(
    ledger: Matcher, base: int, quote: int
) -> None:
    with pytest.raises(IndexError, match="terms name two assets of 2"):
        ledger.set_terms(1, Terms(base, quote, 1, 1))


@pytest.mark.parametrize("symbol", [-1, 2, 2**70])
def test_terms_of_an_unknown_symbol_are_an_index_error(ledger: Matcher, symbol: int) -> None:
    with pytest.raises(IndexError, match="no symbol"):
        ledger.set_terms(symbol, TERMS)
    with pytest.raises(IndexError, match="no symbol"):
        ledger.terms(symbol)


def test_of_given_terms_only_the_fees_change(ledger: Matcher) -> None:
    assert ledger.terms(0) == TERMS
    for place in range(4):
        other: Any = (*TERMS[:place], TERMS[place] ^ 1, *TERMS[place + 1 :])
        with pytest.raises((ValueError, IndexError)):
            ledger.set_terms(0, other)
    ledger.set_terms(0, TERMS._replace(maker_fee=3, taker_fee=FEE_UNIT))
    assert ledger.terms(0) == Terms(BASE, QUOTE, 10, 7, 3, FEE_UNIT)


@pytest.mark.parametrize("account", [0, -1, 3, 2**70])
def test_only_accounts_of_the_ledger_can_trade(ledger: Matcher, account: int) -> None:
    for symbol in (0, 1):
        events = ledger.new(symbol, 1, account, BUY, LIMIT, 1, 1)
        assert [row[:2] for row in events] == [(EventKind.REJECTED, Reason.INVALID_ACCOUNT)]


# Amounts


@pytest.mark.parametrize("amount", [MAX_AMOUNT + 1, -MAX_AMOUNT - 1, 2**80])
def test_credit_of_more_than_one_amount_is_refused(ledger: Matcher, amount: int) -> None:
    with pytest.raises(ValueError, match="an amount has 63 bits"):
        ledger.credit(1, BASE, amount)
    assert ledger.balance(1, BASE) == (1_000, 0)


def test_debit_takes_what_is_free_to_the_last_unit_and_no_more(ledger: Matcher) -> None:
    assert not ledger.credit(1, BASE, -1_001)
    assert ledger.balance(1, BASE) == (1_000, 0)
    assert ledger.credit(1, BASE, -1_000)
    assert ledger.balance(1, BASE) == (0, 0)


def test_debit_leaves_what_an_order_holds(ledger: Matcher) -> None:
    ledger.new(0, 1, 1, SELL, LIMIT, 40, 5)
    assert not ledger.credit(1, BASE, -601)
    assert ledger.credit(1, BASE, -600)
    assert ledger.balance(1, BASE) == (0, 400)


def test_balance_grows_far_beyond_64_bits_and_comes_back(core: type[Matcher]) -> None:
    ledger = open_ledger(core(1), credit=MAX_AMOUNT)
    for times in range(2, 12):
        assert ledger.credit(1, QUOTE, MAX_AMOUNT)
        assert ledger.balance(1, QUOTE) == (times * MAX_AMOUNT, 0)
        assert core.load(ledger.save()).balance(1, QUOTE) == (times * MAX_AMOUNT, 0)
    for times in reversed(range(11)):
        assert ledger.credit(1, QUOTE, -MAX_AMOUNT)
        assert ledger.balance(1, QUOTE) == (times * MAX_AMOUNT, 0)
    assert not ledger.credit(1, QUOTE, -MAX_AMOUNT)


def test_unlimited_balance_falls_far_below_64_bits_and_comes_back(core: type[Matcher]) -> None:
    ledger = open_ledger(core(1), is_checked=False, credit=0)
    for times in range(1, 12):
        assert ledger.credit(1, QUOTE, -MAX_AMOUNT)
        assert ledger.balance(1, QUOTE) == (-times * MAX_AMOUNT, 0)
        assert core.load(ledger.save()).balance(1, QUOTE) == (-times * MAX_AMOUNT, 0)
    for times in reversed(range(11)):
        assert ledger.credit(1, QUOTE, MAX_AMOUNT)
        assert ledger.balance(1, QUOTE) == (-times * MAX_AMOUNT, 0)


@pytest.mark.parametrize("start", [2**64 - 1, 2**64, 2**63, -(2**64), -(2**63), 0])
@pytest.mark.parametrize("amount", [1, -1, MAX_AMOUNT, -MAX_AMOUNT, 0])
def test_sums_are_right_where_a_word_ends(core: type[Matcher], start: int, amount: int) -> None:
    ledger = open_ledger(core(1), is_checked=False, credit=0)
    rest = start
    while rest:
        part = max(-MAX_AMOUNT, min(MAX_AMOUNT, rest))
        ledger.credit(1, BASE, part)
        rest -= part
    ledger.credit(1, BASE, amount)
    assert ledger.balance(1, BASE) == (start + amount, 0)


def test_orders_hold_more_than_64_bits_together(core: type[Matcher]) -> None:
    ledger = core(1)
    ledger.open_ledger(2, is_checked=True)
    ledger.set_terms(0, Terms(BASE, QUOTE, 1, 1))
    account = ledger.open_account()
    for _ in range(40):
        ledger.credit(account, QUOTE, MAX_AMOUNT)
    for number in range(1, 31):
        ledger.new(0, number, account, BUY, LIMIT, 9 * 10**6, MAX_PRICE)
    assert ledger.balance(account, QUOTE) == (40 * MAX_AMOUNT - 270 * 10**18, 270 * 10**18)
    assert core.load(ledger.save()).balance(account, QUOTE)[1] == 270 * 10**18
    ledger.cancel_all(account)
    assert ledger.balance(account, QUOTE) == (40 * MAX_AMOUNT, 0)


@pytest.mark.parametrize(
    ("terms", "quantity", "price", "is_in_range"),
    [
        (Terms(BASE, QUOTE, 1, 1), 9223372, 10**12, True),
        (Terms(BASE, QUOTE, 1, 1), 9223373, 10**12, False),
        (Terms(BASE, QUOTE, 1, 1), MAX_QUANTITY, MAX_PRICE, False),
        (Terms(BASE, QUOTE, 1, MAX_AMOUNT), 1, 1, True),
        (Terms(BASE, QUOTE, 1, MAX_AMOUNT), 1, 2, False),
        (Terms(BASE, QUOTE, 1, MAX_AMOUNT // 6), 2, 3, True),
        (Terms(BASE, QUOTE, 1, MAX_AMOUNT // 6 + 1), 2, 3, False),
        (Terms(BASE, QUOTE, MAX_AMOUNT, 1), 1, 1, True),
        (Terms(BASE, QUOTE, MAX_AMOUNT, 1), 2, 1, False),
        (Terms(BASE, QUOTE, MAX_AMOUNT, MAX_AMOUNT), MAX_QUANTITY, MAX_PRICE, False),
    ],
)
@pytest.mark.parametrize("side", Side)
def test_order_about_more_than_63_bits_is_refused(
    core: type[Matcher], side: Side, terms: Terms, quantity: int, price: int, *, is_in_range: bool
) -> None:
    matcher = core(1)
    matcher.open_ledger(2, is_checked=False)
    matcher.set_terms(0, terms)
    account = matcher.open_account()
    events = matcher.new(0, 1, account, side, LIMIT, quantity, price)
    if is_in_range:
        assert events[0][:2] == (EventKind.ACCEPTED, 0)
        held = price * quantity * terms.step_units if side == BUY else quantity * terms.lot_units
        asset = QUOTE if side == BUY else BASE
        assert matcher.balance(account, asset) == (-held, held)
        assert core.load(matcher.save()).save() == matcher.save()
    else:
        assert [row[:2] for row in events] == [(EventKind.REJECTED, Reason.NOTIONAL_OUT_OF_RANGE)]


def test_market_sell_is_refused_by_what_it_sells_alone(core: type[Matcher]) -> None:
    matcher = core(1)
    matcher.open_ledger(2, is_checked=False)
    matcher.set_terms(0, Terms(BASE, QUOTE, 10**7, MAX_AMOUNT))
    account = matcher.open_account()
    for quantity, kind in ((922_337_203_685, EventKind.ACCEPTED), (10**12, EventKind.REJECTED)):
        events = matcher.new(0, 1, account, SELL, OrderType.MARKET, quantity)
        assert events[0][0] == kind


def test_largest_trade_at_the_whole_as_fee_moves_every_unit(core: type[Matcher]) -> None:
    matcher = core(1)
    matcher.open_ledger(2, is_checked=False)
    matcher.set_terms(0, Terms(BASE, QUOTE, MAX_AMOUNT, MAX_AMOUNT, FEE_UNIT, FEE_UNIT))
    buyer, seller = matcher.open_account(), matcher.open_account()
    matcher.new(0, 1, seller, SELL, LIMIT, 1, 1)
    commission = matcher.new(0, 2, buyer, BUY, LIMIT, 1, 1)[1]
    assert commission[0] == EventKind.COMMISSION
    assert commission[7:9] == (MAX_AMOUNT, MAX_AMOUNT)
    assert matcher.balance(buyer, QUOTE) == matcher.balance(seller, BASE) == (-MAX_AMOUNT, 0)
    assert matcher.balance(buyer, BASE) == matcher.balance(seller, QUOTE) == (0, 0)
    fees = [matcher.balance(FEES_ACCOUNT, asset) for asset in (BASE, QUOTE)]
    assert fees == [(MAX_AMOUNT, 0), (MAX_AMOUNT, 0)]


# What is told


def test_changed_balances_are_told_once_in_order(ledger: Matcher) -> None:
    assert ledger.take_changed() == [(1, 0), (1, 1), (2, 0), (2, 1)]
    ledger.new(0, 1, 2, SELL, LIMIT, 3, 5)
    ledger.new(0, 2, 1, BUY, LIMIT, 1, 4)
    ledger.credit(FEES_ACCOUNT, BASE, 1)
    assert ledger.take_changed() == [(0, 0), (1, 1), (2, 0)]
    assert ledger.take_changed() == []


def test_refused_commands_change_no_balance(ledger: Matcher) -> None:
    ledger.take_changed()
    ledger.new(0, 1, 1, BUY, LIMIT, 1_000, 1_000)
    ledger.credit(1, QUOTE, -1_001)
    assert ledger.take_changed() == []


def test_shortfall_names_the_asset_and_what_was_needed_last(ledger: Matcher) -> None:
    assert ledger.shortfall() == (0, 0)
    ledger.new(0, 1, 1, BUY, LIMIT, 10, 15)
    assert ledger.shortfall() == (QUOTE, 10 * 15 * 7)
    ledger.new(0, 2, 2, SELL, LIMIT, 101, 9)
    assert ledger.shortfall() == (BASE, 1_010)
    ledger.new(0, 3, 2, SELL, LIMIT, 100, 9)
    assert ledger.shortfall() == (BASE, 1_010)
    ledger.new(0, 4, 1, BUY, OrderType.MARKET, 16)
    assert ledger.shortfall() == (QUOTE, 16 * 9 * 7)


def test_shortfall_of_an_amend_is_the_difference_that_is_missing(ledger: Matcher) -> None:
    ledger.new(0, 1, 1, BUY, LIMIT, 10, 10)
    assert ledger.balance(1, QUOTE) == (300, 700)
    ledger.amend(1, 1, quantity=15)
    assert ledger.shortfall() == (QUOTE, 350)


def test_shortfall_has_more_than_64_bits_if_the_walk_has(core: type[Matcher]) -> None:
    ledger = core(1)
    ledger.open_ledger(2, is_checked=True)
    ledger.set_terms(0, Terms(BASE, QUOTE, 1, 1))
    seller, buyer = ledger.open_account(), ledger.open_account()
    ledger.credit(seller, BASE, 10**9)
    for number in range(1, 6):
        ledger.new(0, number, seller, SELL, LIMIT, 9 * 10**6, MAX_PRICE)
    ledger.new(0, 6, buyer, BUY, OrderType.MARKET, 45 * 10**6)
    assert ledger.shortfall() == (QUOTE, 45 * 10**18)


# Growth


def test_more_accounts_than_there_was_room_for_keep_orders_and_what_is_not_told(
    ledger: Matcher, core: type[Matcher]
) -> None:
    ledger.set_fees(1, -1, FEE_UNIT, FEE_UNIT)
    ledger.new(0, 1, 1, BUY, LIMIT, 10, 10)
    ledger.new(0, 2, 2, SELL, LIMIT, 10, 20)
    balances = [ledger.balance(account, asset) for account in (1, 2) for asset in (BASE, QUOTE)]
    changed = [(1, 0), (1, 1), (2, 0), (2, 1)]
    for number in range(3, 300):
        assert ledger.open_account() == number
    assert ledger.accounts == 300
    again = [ledger.balance(account, asset) for account in (1, 2) for asset in (BASE, QUOTE)]
    assert again == balances
    loaded = core.load(ledger.save())
    assert loaded.state_hash() == ledger.state_hash()
    assert ledger.take_changed() == changed
    ledger.credit(299, BASE, 5)
    assert ledger.new(0, 3, 299, SELL, LIMIT, 1, 30)[0][1] == Reason.INSUFFICIENT_BALANCE
    ledger.cancel_all(1)
    assert ledger.balance(1, QUOTE) == (1_000, 0)
    assert ledger.take_changed() == [(1, 1), (299, 0)]


def test_asset_added_later_moves_no_balance_and_loses_no_change(
    ledger: Matcher, core: type[Matcher]
) -> None:
    ledger.new(0, 1, 1, BUY, LIMIT, 10, 10)
    ledger.take_changed()
    ledger.credit(2, BASE, 3)
    ledger.credit(2, QUOTE, 4)
    before = ledger.state_hash()
    assert ledger.add_asset() == 2
    assert ledger.state_hash() == before
    assert [ledger.balance(2, asset) for asset in range(3)] == [(1_003, 0), (1_004, 0), (0, 0)]
    assert ledger.take_changed() == [(2, 0), (2, 1)]
    assert ledger.state_hash() == before == core.load(ledger.save()).state_hash()
    ledger.set_terms(1, Terms(2, QUOTE, 1, 1))
    assert ledger.credit(1, 2, 9)
    ledger.new(1, 2, 1, SELL, LIMIT, 9, 1)
    assert ledger.balance(1, 2) == (0, 9)
    assert core.load(ledger.save()).save() == ledger.save()


def test_symbols_added_later_keep_the_terms_there_are(ledger: Matcher) -> None:
    symbols = [ledger.add_symbol() for _ in range(50)]
    ledger.set_terms(symbols[-1], TERMS)
    assert (ledger.terms(0), ledger.terms(1), ledger.terms(51)) == (TERMS, None, TERMS)


# Terms for orders that are there


def test_terms_that_come_later_hold_for_what_is_open(matcher: Matcher) -> None:
    matcher.new(0, 1, 1, BUY, LIMIT, 10, 10)
    matcher.new(0, 2, 2, SELL, OrderType.STOP_LOSS, 5, 0, 5)
    matcher.new(1, 3, 2, SELL, LIMIT, 5, 5)
    matcher.open_ledger(2, is_checked=False)
    for _ in range(2):
        matcher.open_account()
    matcher.set_terms(0, TERMS)
    assert matcher.balance(1, QUOTE) == (-700, 700)
    assert matcher.balance(2, BASE) == (-50, 50)
    assert matcher.take_changed() == [(1, 1), (2, 0)]


@pytest.mark.parametrize(
    ("account", "quantity", "price", "fault"),
    [
        (0, 1, 1, "account is not in the ledger"),
        (3, 1, 1, "account is not in the ledger"),
        (2**60, 1, 1, "account is not in the ledger"),
        (2, MAX_QUANTITY, MAX_PRICE, "more than one amount can be"),
        (2, 10**12, 10**7, "more than one amount can be"),
        (2, 1, 143, "too little for its open orders"),
    ],
)
def test_terms_that_an_open_order_cannot_have_are_refused_and_change_nothing(
    matcher: Matcher, account: int, quantity: int, price: int, fault: str
) -> None:
    matcher.new(0, 1, 1, BUY, LIMIT, 1, 1)
    matcher.new(0, 2, account, BUY, LIMIT, quantity, price)
    matcher.open_ledger(2, is_checked=True)
    for own in (matcher.open_account(), matcher.open_account()):
        matcher.credit(own, QUOTE, 1_000)
    matcher.take_changed()
    before = matcher.state_hash()
    with pytest.raises(ValueError, match=fault):
        matcher.set_terms(0, TERMS)
    assert matcher.terms(0) is None
    assert matcher.state_hash() == before
    assert matcher.take_changed() == []


def test_terms_that_open_orders_can_just_pay_for_are_taken(matcher: Matcher) -> None:
    for number in (1, 2):
        matcher.new(0, number, 1, BUY, LIMIT, 5, 10)
    matcher.open_ledger(2, is_checked=True)
    account = matcher.open_account()
    matcher.credit(account, QUOTE, 699)
    with pytest.raises(ValueError, match="too little"):
        matcher.set_terms(0, TERMS)
    matcher.credit(account, QUOTE, 1)
    matcher.set_terms(0, TERMS)
    assert matcher.balance(account, QUOTE) == (0, 700)
