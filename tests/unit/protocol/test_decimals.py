"""Steps and their text: exact both ways, whatever the increment and the size."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.decimals import Increment, format_scaled, read_digits

places = st.integers(0, 18)
steps = st.integers(0, 2**63 - 1)
increments = st.sampled_from(
    ["1", "0.01", "0.00000001", "0.000000000000000001", "5", "0.25", "1000"]
)


@given(steps, places)
def test_scaled_number_is_the_quotient_with_all_its_places(value: int, count: int) -> None:
    text = format_scaled(value, count)
    assert Decimal(text) == Decimal(value).scaleb(-count)
    assert len(text.partition(".")[2]) == count


@given(increments, steps)
def test_text_of_steps_is_their_multiple_of_the_increment(text: str, count: int) -> None:
    increment = Increment(text)
    scaled = format_scaled(count * increment.unit, increment.decimal_places)
    assert increment.to_text(count) == scaled


@given(increments, st.integers(0, 10**12))
def test_steps_survive_their_text(text: str, count: int) -> None:
    increment = Increment(text)
    written = increment.to_text(count)
    if len(written.partition(".")[0]) <= 15:
        assert increment.to_steps(written) == (count, 0)
        assert increment.read(written) in (count, -1)


@pytest.mark.parametrize(
    "text",
    ["", ".", "1", "1.0", "1.000", "-1.00", "+1.00", " 1.00", "1,00", "1.0a", ".00", "\u0661.00"],
)
def test_text_in_another_form_is_not_read_as_steps(text: str) -> None:
    assert Increment("0.01").read(text) == -1


def test_a_number_below_zero_has_no_text() -> None:
    with pytest.raises(ValueError, match="-5 steps"):
        Increment("0.01").to_text(-5)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_read(text: str, number: int) -> None:
    assert read_digits(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1.0", " 1", "1 ", "\u0663", "²", "9" * 19])
def test_anything_but_digits_is_not_read(text: str) -> None:
    assert read_digits(text) == -1
