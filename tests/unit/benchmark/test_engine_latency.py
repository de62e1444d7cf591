from array import array

import pytest

from benchmark.engine.latency import count_fills


def test_a_stall_counts_for_every_order_that_was_due_in_it() -> None:
    due = array("d", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    fills = count_fills(due, [0.11, 2.0, 2.0])
    assert fills.latency.highest == pytest.approx(1700)
    assert fills.latency.p50 == pytest.approx(1500)


def test_the_rate_is_the_one_that_was_reached() -> None:
    due = array("d", [number / 1000 for number in range(1000)])
    fills = count_fills(due, [number / 100 for number in range(1, 501)])
    assert fills.rate == pytest.approx(200)
