"""Both cores get the same random commands and must answer alike, after every single one."""

import sys
from collections.abc import Sequence
from itertools import islice

import pytest

from engine.core import EventRow, Matcher
from tests.support.core_auditor import Auditor
from tests.support.core_flow import FLOWS, SYMBOLS, SpecialFlow, Step
from tests.support.core_implementations import matcher_class

PARTS = 6
"""Runs a flow is split into, so that each stays well below the suite's timeout."""
FULL_LOOK = 500
"""After so many commands all orders of all books are compared, and the auditor's levels."""


def compare_books(compiled: Matcher, reference: Matcher, auditor: Auditor) -> None:
    for symbol in range(SYMBOLS):
        bids, asks = compiled.l2(symbol)
        assert (bids, asks) == reference.l2(symbol)
        assert [bids, asks] == [auditor.levels(symbol, side) for side in (0, 1)]
        assert not (bids and asks and bids[0][0] >= asks[0][0])
        orders = compiled.orders(symbol)
        assert orders == reference.orders(symbol)
        assert {order.order_id for order in orders} == auditor.open_ids(symbol)
        assert all(order.quantity == order.filled + order.remaining for order in orders)


def compare_touched(
    step: Step, events: Sequence[EventRow], compiled: Matcher, reference: Matcher
) -> None:
    """All levels of the books that a command was about."""
    touched = {row[2] for row in events} & set(range(SYMBOLS))
    for symbol in range(SYMBOLS) if step.method == "cancel_all" else touched:
        bids, asks = compiled.l2(symbol)
        assert (bids, asks) == reference.l2(symbol)
        assert not (bids and asks and bids[0][0] >= asks[0][0])


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("flow", FLOWS)
def test_both_cores_answer_alike(flow: str, part: int, command_count: int, seed: int) -> None:
    own_seed = seed + part
    sys.stdout.write(f"flow {flow}, --seed {own_seed}\n")
    compiled, reference = matcher_class("cython")(SYMBOLS), matcher_class("python")(SYMBOLS)
    compiled.number_prevented()
    reference.number_prevented()
    auditor = Auditor()
    count = command_count // (PARTS * len(FLOWS))
    for number, step in enumerate(islice(SpecialFlow(own_seed, FLOWS[flow]), count)):
        events = step.run(compiled)
        auditor.expect(step)
        assert events == step.run(reference), (number, step)
        assert compiled.state_hash() == reference.state_hash(), (number, step)
        compare_touched(step, events, compiled, reference)
        auditor.read(events)
        assert not auditor.findings, (number, step)
        open_orders = compiled.open_orders(), reference.open_orders()
        assert open_orders == (auditor.open_count, auditor.open_count), (number, step)
        if number % FULL_LOOK == 0:
            compare_books(compiled, reference, auditor)
    compare_books(compiled, reference, auditor)
    assert auditor.trades > count // 20
    assert compiled.save() == reference.save()
