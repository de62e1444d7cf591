import pytest

from launcher.check_spot import choose_lots, choose_spot
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
    ("bid", "ask", "price"),
    [
        (None, None, "10.01"),
        ("60000.00", None, "60010.00"),
        (None, "60000.00", "59999.99"),
        ("59999.98", "60000.00", "59999.99"),
        ("59999.99", "60000.00", None),
        (None, "0.02", None),
    ],
)
def test_our_orders_meet_inside_the_spread(
    bid: str | None, ask: str | None, price: str | None
) -> None:
    spot = choose_spot(make_instrument(), bid, ask)
    assert (spot.price if spot else None) == price


def test_the_quantity_is_the_smallest_that_is_allowed() -> None:
    assert choose_lots(make_instrument(), 1) == 1
    assert choose_lots(make_instrument(min_quantity="0.010"), 1) == 10
    assert choose_lots(make_instrument(min_notional="5"), 1) == 500_000
