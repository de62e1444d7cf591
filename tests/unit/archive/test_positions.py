"""Positions by average cost, in whole units."""

from fractions import Fraction
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.positions import Position

Fill: TypeAlias = tuple[str, int, int, int]
"""Side, quantity, notional and commission."""


def hold(*fills: Fill) -> Position:
    position = Position()
    for side, quantity, notional, commission in fills:
        change = position.buy if side == "buy" else position.sell
        position = change(quantity, notional, commission)
    return position


def test_bought_is_held_net_of_the_commission_at_all_that_was_paid() -> None:
    assert hold(("buy", 100, 5000, 1)) == Position(99, 5000, 0, 1, 0)


def test_closing_a_part_takes_its_share_of_the_cost() -> None:
    position = hold(("buy", 10, 1000, 0), ("buy", 10, 2000, 0), ("sell", 5, 1000, 10))
    assert position == Position(15, 2250, 1000 - 10 - 750, 0, 10)


@pytest.mark.parametrize(("cost", "left"), [(5, 3), (7, 3), (9, 5)])
def test_half_a_unit_of_cost_goes_to_the_even_one(cost: int, left: int) -> None:
    assert hold(("buy", 2, cost, 0), ("sell", 1, 0, 0)).cost == left


def test_closing_all_leaves_no_cost() -> None:
    position = hold(("buy", 3, 10, 0), ("sell", 1, 4, 0), ("sell", 2, 5, 0))
    assert position == Position(0, 0, -1, 0, 0)


def test_sold_position_is_negative_and_net_of_its_commission() -> None:
    position = hold(("sell", 10, 1000, 10))
    assert position == Position(-10, -990, 0, 0, 10)
    closed = position.buy(10, 900, 0)
    assert closed == Position(0, 0, 90, 0, 10)


def test_change_of_sign_closes_all_and_begins_anew() -> None:
    position = hold(("buy", 10, 1000, 0), ("sell", 15, 3000, 0))
    assert position == Position(-5, -1000, 1000, 0, 0)
    assert position.buy(8, 1600, 0) == Position(3, 600, 1000, 0, 0)


def test_what_is_all_commission_is_lost() -> None:
    assert hold(("buy", 10, 1000, 10)) == Position(0, 0, -1000, 10, 0)
    assert hold(("buy", 10, 1000, 0), ("sell", 10, 900, 900)).realized == -1000


fills = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]), st.integers(1, 9), st.integers(0, 99), st.integers(0, 9)
    ).map(lambda fill: (*fill[:3], min(fill[3], fill[1] if fill[0] == "buy" else fill[2]))),
    max_size=20,
)


@given(fills=fills)
def test_amounts_are_those_that_moved_and_costs_are_within_a_unit_a_closing(
    fills: list[Fill],
) -> None:
    position = hold(*fills)
    bought = [fill for fill in fills if fill[0] == "buy"]
    sold = [fill for fill in fills if fill[0] == "sell"]
    assert position.quantity == sum(b[1] - b[3] for b in bought) - sum(s[1] for s in sold)
    spent = sum(b[2] for b in bought) - sum(s[2] - s[3] for s in sold)
    assert position.cost - position.realized == spent
    assert (position.quantity == 0) <= (position.cost == 0)
    assert position.quantity * position.cost >= 0
    assert abs(position.cost - find_exact_cost(fills)) <= len(fills)


def find_exact_cost(fills: list[Fill]) -> Fraction:
    """The cost without rounding, unit by unit of quantity."""
    quantity, cost = 0, Fraction(0)
    for side, traded, notional, commission in fills:
        got = traded - commission if side == "buy" else -traded
        paid = Fraction(notional if side == "buy" else commission - notional)
        for _ in range(abs(got)):
            step = 1 if got > 0 else -1
            if quantity * step < 0:
                cost -= cost / abs(quantity)
            else:
                cost += paid / abs(got)
            quantity += step
    return cost
