"""How much of an order was canceled."""

import pytest

from protocol.canceled_quantity import derive_canceled


@pytest.mark.parametrize(
    ("status", "quantity", "filled", "canceled"),
    [
        ("open", "1.00000", "0.00000", "0.00000"),
        ("partially_filled", "1.00000", "0.40000", "0.00000"),
        ("filled", "1.00000", "1.00000", "0.00000"),
        ("canceled", "1.00000", "0.40000", "0.60000"),
        ("expired", "1", "0", "1"),
        ("canceled", "1000000000000.000000000000000001", "0.000000000000000000",
         "1000000000000.000000000000000001"),
        ("rejected", "1.00000", "0.00000", "0.00000"),
        ("rejected", "no number", "0.00000", "0.00000"),
        ("rejected", None, "0", "0"),
    ],
)  # fmt: skip
def test_what_ended_without_a_trade_was_canceled(
    status: str, quantity: str | None, filled: str, canceled: str
) -> None:
    assert derive_canceled(status, quantity, filled) == canceled
