"""Decimals outside, whole ticks and lots inside."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.decimals import Increment
from protocol.enums import Reason
from protocol.instrument import MAX_STEPS, Instrument, parse_instruments
from protocol.refusal import Refusal
from tests.support.instruments import make_instrument

BTC = make_instrument("BTC-USDT", "0.01", "0.00001")
QUARTER = make_instrument("X-Y", "0.25", "100")

WITH_TYPING_ERROR = """[[instrument]]
symbol='A-B'
base_asset='A'
quote_asset='B'
tick_size='1'
lot_size='1'
tick='2'
"""

steps = st.integers(min_value=1, max_value=MAX_STEPS)


@given(steps)
def test_ticks_come_back_from_their_text(ticks: int) -> None:
    for instrument in (BTC, QUARTER):
        assert instrument.price_to_ticks(instrument.ticks_to_price(ticks)) == ticks


@given(steps)
def test_text_has_the_value_of_the_ticks(ticks: int) -> None:
    assert Decimal(BTC.ticks_to_price(ticks)) == Decimal("0.01") * ticks
    assert Decimal(QUARTER.ticks_to_price(ticks)) == Decimal("0.25") * ticks


def test_60123_45_does_not_become_60123_4() -> None:
    assert BTC.ticks_to_price(BTC.price_to_ticks("60123.45")) == "60123.45"


@pytest.mark.parametrize(
    ("text", "ticks"),
    [("60000", 6_000_000), ("60000.0", 6_000_000), ("060000.00", 6_000_000), ("0.01", 1)],
)
def test_any_spelling_of_a_value_on_the_grid_is_taken(text: str, ticks: int) -> None:
    assert BTC.price_to_ticks(text) == ticks


@pytest.mark.parametrize(
    "text",
    ["", "abc", "-1", "+1", "1e400", "1_000", " 5 ", "NaN", "Infinity", "1.", ".5",
     "\u0663", "\uff11\uff12",
     "1" * 16, "0." + "1" * 19, "1,5", "0x10", "1\n"],
)  # fmt: skip
def test_what_is_not_a_decimal_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        BTC.price_to_ticks(text)
    assert caught.value.code is Reason.INVALID_DECIMAL
    assert caught.value.field == "price"


@pytest.mark.parametrize(
    ("text", "code", "nearest"),
    [
        ("60000.005", Reason.OFF_TICK, "60000.01"),
        ("60000.004", Reason.OFF_TICK, "60000.00"),
        ("0.001", Reason.PRICE_OUT_OF_RANGE, "0.01"),
        ("0", Reason.PRICE_OUT_OF_RANGE, "0.01"),
        ("999999999999999", Reason.PRICE_OUT_OF_RANGE, "10000000000.00"),
        ("60000.000000000000000001", Reason.OFF_TICK, "60000.00"),
    ],
)
def test_price_off_the_grid_names_the_nearest(text: str, code: Reason, nearest: str) -> None:
    with pytest.raises(Refusal) as caught:
        BTC.price_to_ticks(text)
    assert (caught.value.code, caught.value.nearest) == (code, nearest)
    assert caught.value.step == "0.01"
    assert BTC.price_to_ticks(nearest) >= 1


def test_quantity_below_the_minimum_names_it() -> None:
    instrument = make_instrument("X-Y", "1", "0.1", min_quantity="0.5", max_quantity="10")
    with pytest.raises(Refusal) as caught:
        instrument.quantity_to_lots("0.2")
    assert caught.value.code is Reason.QUANTITY_OUT_OF_RANGE
    assert caught.value.nearest == "0.5"


@pytest.mark.parametrize(
    ("ticks", "lots", "is_allowed"),
    [(1, 99, False), (1, 100, True), (10, 20, True), (10, 21, False)],
)
def test_notional_limits_are_inclusive(ticks: int, lots: int, is_allowed: bool) -> None:
    instrument = make_instrument("X-Y", "0.1", "0.1", min_notional="1", max_notional="2")
    if is_allowed:
        instrument.check_notional(ticks, lots)
    else:
        with pytest.raises(Refusal) as caught:
            instrument.check_notional(ticks, lots)
        assert caught.value.code is Reason.NOTIONAL_OUT_OF_RANGE


@given(st.integers(1, 10**24), st.integers(1, 10**15))
def test_average_price_is_rounded_half_even_to_8_places(notional: int, lots: int) -> None:
    with localcontext(prec=200):
        exact = Decimal(notional) * Decimal("0.01") / lots
        expected = exact.quantize(Decimal("1e-8"), ROUND_HALF_EVEN)
        assert BTC.average_price(notional, lots) == f"{expected:f}"


def test_notional_is_exact() -> None:
    assert BTC.format_notional(6_012_345 * 100_000) == "60123.4500000"
    assert BTC.average_price(0, 0) is None


@pytest.mark.parametrize("text", ["0", "0.00", "-1", "x", ""])
def test_increment_must_be_above_zero(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        Increment(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no .*instrument"),
        ("[[instrument]]\nsymbol=1", "symbol"),
        ("[[instrument]]\nsymbol='A-B'", "missing required field"),
        ("nonsense", "instruments file"),
        (WITH_TYPING_ERROR, "unknown field `tick`"),
    ],
)  # fmt: skip
def test_unusable_instruments_file_says_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_instruments(text)


def test_shipped_instruments_are_usable() -> None:
    text = (Path(__file__).parents[3] / "instruments.toml").read_text()
    assert list(parse_instruments(text)) == ["BTC-USDT", "ETH-USDT", "SOL-USDT"]
    assert isinstance(parse_instruments(text)["BTC-USDT"], Instrument)
