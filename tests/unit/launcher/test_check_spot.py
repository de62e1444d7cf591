import pytest

from launcher.check.free_price import suggest_starting_price
from launcher.check.spot import choose_lots, choose_spot
from protocol.instrument import Instrument, InstrumentSpecification


def make_instrument(min_quantity: str | None = None, min_notional: str | None = None) -> Instrument:
    return Instrument(
        InstrumentSpecification(
            symbol="BTC-USDT", base_asset="BTC", quote_asset="USDT", tick_size="0.01",
            lot_size="0.001", min_quantity=min_quantity, min_notional=min_notional,
        ),
        0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bid", "ask", "last", "price"),
    [
        (None, None, None, "60000.00"),
        (None, None, "71234.50", "71234.50"),
        ("60000.00", None, None, "60000.01"),
        (None, "60000.00", None, "59999.99"),
        ("59000.00", "61000.00", "60000.00", "60000.00"),
        ("59000.00", "61000.00", "70000.00", "60999.99"),
        ("59000.00", "61000.00", "10.01", "59000.01"),
        ("59999.98", "60000.00", "60000.00", "59999.99"),
        ("59999.99", "60000.00", "60000.00", None),
        (None, "0.02", "60000.00", "0.01"),
        (None, "0.01", None, None),
    ],
)
def test_our_orders_meet_inside_the_spread_near_the_last_trade(
    bid: str | None, ask: str | None, last: str | None, price: str | None
) -> None:
    spot = choose_spot(make_instrument(), bid, ask, last)
    assert (spot.price if spot else None) == price


def test_the_trades_are_tiny_and_the_far_order_is_large_enough_where_a_notional_is_demanded() -> (
    None
):
    spot = choose_spot(make_instrument(min_notional="5"), None, None, "60000.00")
    assert spot is not None
    assert (spot.far_price, spot.quantity) == ("30000.00", "0.001")


@pytest.mark.parametrize(("base", "price"), [("BTC", "60000"), ("SOL", "150"), ("DOGE", "100")])
def test_the_starting_price_is_that_of_the_page(base: str, price: str) -> None:
    assert suggest_starting_price(base) == price


def test_the_quantity_is_the_smallest_that_is_allowed() -> None:
    assert choose_lots(make_instrument(), 1) == 1
    assert choose_lots(make_instrument(min_quantity="0.010"), 1) == 10
    assert choose_lots(make_instrument(min_notional="5"), 1) == 500_000
