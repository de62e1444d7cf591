"""Hypothesis looks for a short sequence of commands on which the cores differ."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core import OrderType
from tests.support.core_auditor import Auditor
from tests.support.core_flow import WITHOUT_PRICE, Step
from tests.support.core_implementations import matcher_class

IDS = st.integers(1, 12)
ACCOUNTS = st.integers(0, 2)
PRICES = st.one_of(st.integers(1, 4), st.integers(1, 10**12), st.integers(-(2**70), 2**70))
QUANTITIES = st.one_of(st.integers(1, 4), st.integers(10**12 - 1, 10**12 + 1), st.integers())
SYMBOLS = st.integers(0, 1)


@st.composite
def new_orders(draw: st.DrawFn) -> Step:
    order_type = draw(st.sampled_from(OrderType))
    price = 0 if order_type in WITHOUT_PRICE else draw(PRICES)
    stop_price = draw(PRICES) if order_type >= OrderType.STOP_LOSS else 0
    side, mode = draw(st.integers(0, 1)), draw(st.integers(0, 4))
    form = (side, int(order_type), draw(QUANTITIES), price, stop_price, mode)
    return Step("new", (draw(SYMBOLS), draw(IDS), draw(ACCOUNTS), *form))


AMOUNT = st.one_of(st.just(0), PRICES)
STEPS = st.one_of(
    new_orders(),
    new_orders(),
    st.builds(lambda *owner: Step("cancel", owner), IDS, ACCOUNTS),
    st.builds(lambda *form: Step("amend", form), IDS, ACCOUNTS, QUANTITIES, AMOUNT, AMOUNT),
    st.builds(lambda *form: Step("cancel_all", form), ACCOUNTS, st.integers(-2, 2)),
)


@settings(max_examples=1_500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=40))
def test_no_short_sequence_tells_the_cores_apart(steps: list[Step]) -> None:
    compiled, reference = matcher_class("cython")(2, capacity=1), matcher_class("python")(2)
    auditor = Auditor()
    for step in steps:
        events = step.run(compiled)
        assert events == step.run(reference)
        assert compiled.state_hash() == reference.state_hash()
        auditor.read(events)
        assert not auditor.findings
        assert compiled.open_orders() == reference.open_orders() == auditor.open_count
        for symbol in (0, 1):
            bids, asks = compiled.l2(symbol)
            assert (bids, asks) == reference.l2(symbol)
            assert [bids, asks] == [auditor.levels(symbol, side) for side in (0, 1)]
            orders = compiled.orders(symbol)
            assert orders == reference.orders(symbol)
            assert all(order.quantity == order.filled + order.remaining for order in orders)
    saved = compiled.save()
    assert saved == reference.save()
    assert type(reference).load(saved).save() == type(compiled).load(saved).save() == saved
