"""Both cores get the same random commands and must answer alike, after every single one."""

import sys
from itertools import islice

import pytest

from engine.core import Matcher
from tests.support.core_auditor import Auditor
from tests.support.core_flow import FLOWS, SYMBOLS, Flow
from tests.support.core_implementations import matcher_class

PARTS = 6
"""Runs a flow is split into, so that each stays well below the suite's timeout."""
FULL_LOOK = 500
"""After so many commands all levels and orders are compared, not only the best ones."""


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


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("flow", FLOWS)
def test_both_cores_answer_alike(flow: str, part: int, command_count: int, seed: int) -> None:
    own_seed = seed + part
    sys.stdout.write(f"flow {flow}, --seed {own_seed}\n")
    compiled, reference = matcher_class("cython")(SYMBOLS), matcher_class("python")(SYMBOLS)
    auditor = Auditor()
    count = command_count // (PARTS * len(FLOWS))
    for number, step in enumerate(islice(Flow(own_seed, FLOWS[flow]), count)):
        events = step.run(compiled)
        assert events == step.run(reference), (number, step)
        assert compiled.state_hash() == reference.state_hash(), (number, step)
        symbol = number % SYMBOLS
        assert compiled.l2(symbol, 3) == reference.l2(symbol, 3), (number, step)
        auditor.read(events)
        assert not auditor.findings, (number, step)
        if number % FULL_LOOK == 0:
            compare_books(compiled, reference, auditor)
    compare_books(compiled, reference, auditor)
    assert auditor.trades > count // 20
    assert compiled.save() == reference.save()
