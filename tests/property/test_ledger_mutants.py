"""Each rule of the ledger, broken in the plain-Python core, is caught by the differential run."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, product
from types import ModuleType
from typing import Final, NamedTuple

import pytest

from engine.core import FEE_UNIT, FEES_ACCOUNT, MAX_AMOUNT, Matcher, OrderType, Side, Terms
from engine.core import SelfTradePrevention as Prevention
from engine.core.reference import ledger as ledger_module
from engine.core.reference import list_refusals, refusals
from engine.core.reference import matcher as matcher_module
from engine.core.reference.book import Book, Order
from engine.core.reference.ledger import Ledger
from engine.core.reference.list_refusals import choose_holder
from engine.core.reference.matcher import Matcher as Reference
from tests.support.core_flow import ACCOUNTS, FLOWS, SYMBOLS, Flow, Step
from tests.support.core_implementations import matcher_class

COMMANDS = 4_000
"""Most before a broken rule has to be found; nearly all show within a thousand."""
SEEDS = (6, 8)
"""Of commands of which one or the other finds each; sound cores are compared with others."""
MODES = (*Prevention, Prevention.DECREMENT, Prevention.DECREMENT)
ASSETS = 4
TERMS = {
    0: Terms(0, 2, 5, 7, 10**7, 2 * 10**7),  # a tenth of an odd number of lots ends in a half
    1: Terms(1, 3, 1, MAX_AMOUNT // 2_500),  # 25 lots and more are beyond 63 bits
}
TOP_UP = {0: 100, 1: 20, 2: 15_000, 3: 2 * TERMS[1].step_units * 1_000}
"""What each account is given now and then: enough for some of its orders, not for all."""
TOP_UP_AFTER = 20

Function = Callable[..., object]


class Mutation(NamedTuple):
    owner: type | ModuleType
    name: str
    broken: Function


class MoneyFlow(Flow):
    """Commands that meet the ledger's rules more often: owners amend, many buys have no price."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, FLOWS["narrow"])
        self.last_seller = 1

    def step(self) -> Step:
        step = super().step()
        if step.method not in ("cancel", "amend"):
            return step
        order_id, account, *amounts = step.arguments
        if amounts and self.random.random() < 0.3:
            amounts[1:] = 0, 0
        return Step(step.method, (order_id, self.owners.get(order_id, account), *amounts))

    def new(self) -> Step:
        if self.random.random() < 0.15:
            return self.new_list()
        symbol, order_id, account, side, *form = super().new().arguments
        if self.random.random() < 0.8:
            symbol, account = 0, account or self.random.randrange(1, ACCOUNTS)
        if self.random.random() < 0.3:
            quantity, mode = form[1] * self.random.choice((1, 2)), self.random.choice(MODES)
            form = [int(OrderType.MARKET), quantity, 0, 0, int(mode)]
            side, account = Side.BUY, self.random.choice((account, self.last_seller))
        elif side == Side.SELL:
            self.last_seller = account
        self.owners[order_id] = account
        return Step("new", (symbol, order_id, account, side, *form))


def rates() -> Iterator[tuple[int, int, int, int]]:
    yield 2, -1, 5 * 10**6, 3 * 10**7
    yield 3, -1, 0, 0
    yield 3, 0, 25 * 10**6, FEE_UNIT


def open_ledger(matcher: Matcher | Reference) -> None:
    matcher.open_ledger(ASSETS, is_checked=True)
    for symbol, terms in TERMS.items():
        matcher.set_terms(symbol, terms)
    for _ in range(ACCOUNTS - 1):
        matcher.open_account()
    for own in rates():
        matcher.set_fees(*own)
    top_up(matcher)


def top_up(matcher: Matcher | Reference) -> None:
    """Bring every account to what it is to have: fees and others take it away."""
    for account, (asset, enough) in product(range(1, ACCOUNTS), TOP_UP.items()):
        wanted = enough - sum(matcher.balance(account, asset))
        while wanted:
            part = max(-MAX_AMOUNT, min(MAX_AMOUNT, wanted))
            if not matcher.credit(account, asset, part):
                break
            wanted -= part


def look(matcher: Matcher | Reference) -> list[tuple[int, int]]:
    return [matcher.balance(*place) for place in product(range(ACCOUNTS), range(ASSETS))]


def find_difference(seed: int) -> int | None:
    """Run the same commands on both cores; return the first on which they differ."""
    compiled, reference = matcher_class("cython")(SYMBOLS), Reference(SYMBOLS)
    open_ledger(compiled)
    open_ledger(reference)
    for number, step in enumerate(islice(MoneyFlow(seed), COMMANDS)):
        if number % TOP_UP_AFTER == 0:
            top_up(compiled)
            top_up(reference)
        if step.run(compiled) != step.run(reference) or look(compiled) != look(reference):
            return number
    return None


def forget_hold_in(method: str) -> Mutation:
    """Holds and releases of one method of the matcher are left out."""
    assert hasattr(Reference, method)
    hold = Ledger.hold

    def broken(ledger: Ledger, order: Order, quantity: int) -> None:
        if sys._getframe(2).f_code.co_name != method:  # beyond Matcher._hold
            hold(ledger, order, quantity)

    return Mutation(Ledger, "hold", broken)


def settle_and(
    wrong: Callable[[Ledger, Order, Order, int, int], None],
) -> Mutation:
    """After each trade something is moved that should not; buyer and seller are told."""
    settle = Ledger.settle

    def broken(ledger: Ledger, taker: Order, maker: Order, price: int, quantity: int) -> object:
        buyer, seller = (taker, maker) if taker.side == Side.BUY else (maker, taker)
        wrong(ledger, buyer, seller, price, quantity)
        return settle(ledger, taker, maker, price, quantity)

    return Mutation(Ledger, "settle", broken)


def keep_improvement(
    ledger: Ledger, buyer: Order, _seller: Order, price: int, quantity: int
) -> None:
    better = (buyer.price - price) * quantity * ledger.terms[buyer.symbol].step_units
    if buyer.price:
        ledger._add(buyer.account, ledger.held_asset(buyer), free=-better, locked=better)


def take_from_free(
    ledger: Ledger, _buyer: Order, seller: Order, _price: int, quantity: int
) -> None:
    amount = quantity * ledger.terms[seller.symbol].lot_units
    ledger._add(seller.account, ledger.held_asset(seller), free=-amount, locked=amount)


PASS, TAKE, END, PAY = "pass", "take", "end", "pay"
WALK: Final = {
    Prevention.NONE: PAY,
    Prevention.CANCEL_TAKER: END,
    Prevention.CANCEL_MAKER: PASS,
    Prevention.CANCEL_BOTH: END,
    Prevention.DECREMENT: TAKE,
}
"""What the walk for a market buy's cost does at an order of its own account."""


def walk_with(changed: dict[Prevention, str], *, is_whole: bool = False) -> Mutation:
    """Walk with another rule; if `is_whole`, each order that is met counts in full."""
    actions = {**WALK, **changed}

    def broken(ledger: Ledger, taker: Order, book: Book) -> int:
        missing, cost = taker.remaining, 0
        for price, level in book.sides[Side.SELL]:
            for maker in level.orders.values():
                is_own = maker.account == taker.account
                action = actions[Prevention(taker.prevention)] if is_own else PAY
                quantity = min(maker.remaining, missing)
                if action == PAY:
                    cost += price * (maker.remaining if is_whole else quantity)
                missing = 0 if action == END else missing - quantity * (action != PASS)
                if not missing:
                    return cost * ledger.terms[taker.symbol].step_units
        return cost * ledger.terms[taker.symbol].step_units

    return Mutation(Ledger, "_cost", broken)


def cost_of_best_price(ledger: Ledger, taker: Order, book: Book) -> int:
    best = next((price for price, _ in book.sides[Side.SELL]), 0)
    return best * taker.remaining * ledger.terms[taker.symbol].step_units


def rate_by(choose: Callable[[Ledger, Order], tuple[int, int]], *, swap: bool = False) -> Mutation:
    def broken(ledger: Ledger, order: Order, *, is_maker: bool) -> int:
        return choose(ledger, order)[is_maker == swap]

    return Mutation(Ledger, "_rate", broken)


def own_or_terms(ledger: Ledger, order: Order, *symbols: int) -> tuple[int, int]:
    for symbol in symbols:
        if own := ledger._own_fees.get((order.account, symbol)):
            return own
    return ledger.terms[order.symbol][4:]


def pay_nobody(ledger: Ledger, order: Order, asset: int, received: int, *, is_maker: bool) -> int:
    rate = ledger._rate(order, is_maker=is_maker)
    commission = ledger_module._round_half_even(received * rate)
    ledger._add(order.account, asset, free=received - commission)
    return commission


def pay_on_top(ledger: Ledger, order: Order, asset: int, received: int, *, is_maker: bool) -> int:
    rate = ledger._rate(order, is_maker=is_maker)
    commission = ledger_module._round_half_even(received * rate)
    ledger._add(order.account, asset, free=received)
    ledger._add(FEES_ACCOUNT, asset, free=commission)
    return commission


def round_by(added: int) -> Mutation:
    return Mutation(
        ledger_module, "_round_half_even", lambda product: (product + added) // FEE_UNIT
    )


def short_by(units: int) -> Mutation:
    def broken(ledger: Ledger, order: Order, asset: int, needed: int) -> bool:
        if ledger._free.get((order.account, asset), 0) >= needed + units:
            return False
        ledger.shortfall = (asset, needed)
        return True

    return Mutation(Ledger, "_is_short", broken)


def buy_unpaid(*types: OrderType) -> Mutation:
    """Buys without a price are not asked for money, of these types."""
    lacks_cost = Ledger.lacks_cost

    def broken(ledger: Ledger, order: Order, book: Book) -> bool:
        return order.order_type not in types and lacks_cost(ledger, order, book)

    return Mutation(Ledger, "lacks_cost", broken)


def amend_for_the_whole() -> Mutation:
    lacks_funds = Ledger.lacks_funds
    return Mutation(Ledger, "lacks_funds", lambda ledger, order, _=0: lacks_funds(ledger, order))


def accept_any_account() -> Mutation:
    refuse_form = refusals.refuse_form
    return Mutation(
        matcher_module,
        "refuse_form",
        lambda order, symbols, _: refuse_form(order, symbols, None),
    )


HALF = FEE_UNIT // 2
MUTATIONS: Final[dict[str, Callable[[], Mutation]]] = {
    **{
        f"no hold moves in {method}": partial(forget_hold_in, method)
        for method in (
            *("new", "new_list", "_release", "_decrement", "_shrink", "_replace"),
            *("_claim_hold", "_move_hold"),
        )
    },
    "a better price stays locked": lambda: settle_and(keep_improvement),
    "a seller pays from what is free": lambda: settle_and(take_from_free),
    "the walk looks at the best price alone": lambda: Mutation(
        Ledger, "_cost", cost_of_best_price
    ),
    "the walk counts whole orders": lambda: walk_with({}, is_whole=True),
    **{
        f"the walk, {mode.name.lower()}: {action}": partial(walk_with, {mode: action})
        for mode, action in (
            (Prevention.NONE, PASS),
            (Prevention.CANCEL_TAKER, PASS),
            (Prevention.CANCEL_MAKER, END),
            (Prevention.CANCEL_MAKER, PAY),
            (Prevention.CANCEL_BOTH, PASS),
            (Prevention.DECREMENT, PASS),
            (Prevention.DECREMENT, PAY),
        )
    },
    "maker and taker change their rates": lambda: rate_by(
        lambda ledger, order: own_or_terms(ledger, order, order.symbol, -1), swap=True
    ),
    "nobody has rates of their own": lambda: rate_by(own_or_terms),
    "rates for every symbol do not count": lambda: rate_by(
        lambda ledger, order: own_or_terms(ledger, order, order.symbol)
    ),
    "rates for every symbol come first": lambda: rate_by(
        lambda ledger, order: own_or_terms(ledger, order, -1, order.symbol)
    ),
    "commissions go to nobody": lambda: Mutation(Ledger, "_pay", pay_nobody),
    "commissions are not taken": lambda: Mutation(Ledger, "_pay", pay_on_top),
    "commissions are rounded down": lambda: round_by(0),
    "commissions are rounded up": lambda: round_by(FEE_UNIT - 1),
    "halves are rounded up": lambda: round_by(HALF),
    "halves are rounded down": lambda: round_by(HALF - 1),
    "amounts may be of any size": lambda: Mutation(
        Ledger, "is_out_of_range", lambda *_: False
    ),
    "the last unit is not enough": lambda: short_by(1),
    "one unit may be missing": lambda: short_by(-1),
    "a market buy is not asked for money": lambda: buy_unpaid(OrderType.MARKET),
    "a fired buy is not asked for money": lambda: buy_unpaid(
        OrderType.STOP_LOSS, OrderType.TAKE_PROFIT
    ),
    "an amend needs all that it holds anew": amend_for_the_whole,
    "the fees may trade": accept_any_account,
    "a list needs the money of one order alone": lambda: Mutation(
        Ledger, "lacks_both", lambda ledger, _, order: ledger.lacks_funds(order)
    ),
    "what was bought for others stays locked": lambda: Mutation(
        Ledger, "release_received", lambda *_: None
    ),
    "what was bought for others is what was paid for": lambda: Mutation(
        Ledger, "find_bought", lambda _, order: order.filled
    ),
    "the leg that needs less holds": lambda: Mutation(
        list_refusals, "choose_holder", lambda first, second: choose_holder(second, first)
    ),
}  # fmt: skip


def test_sound_cores_do_not_differ(seed: int) -> None:
    assert find_difference(seed) is None


def test_the_walk_that_mutations_change_is_the_right_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*walk_with({}))
    assert find_difference(seed) is None


@pytest.mark.parametrize("name", MUTATIONS)
def test_broken_rule_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*MUTATIONS[name]())
    assert any(find_difference(seed) is not None for seed in SEEDS)
