"""How much of an order was canceled: no report has it, because it follows from what a report has.

While an order is open, quantity = filled + prevented + remaining; once it has ended, nothing
remains, and quantity = filled + prevented + canceled. What self-trade prevention took is prevented
from the level on that counts it; before, a part of it lowered the quantity.
"""

from decimal import Context, Decimal

from protocol.enums import Status

_EXACT = Context(prec=60)
"""More digits than a quantity can have."""
_CUT_SHORT = frozenset({Status.CANCELED, Status.EXPIRED})


def derive_canceled(
    status: str, quantity: str | None, filled_quantity: str, prevented_quantity: str | None = None
) -> str:
    """Return what ended without a trade, with the places of `filled_quantity`; 0 while it is open.

    A rejected order has never been there, so that nothing of it was canceled.
    """
    filled = Decimal(filled_quantity)
    if quantity is None or status not in _CUT_SHORT:
        return f"{filled * 0:f}"
    gone = filled + Decimal(prevented_quantity or 0)
    return f"{_EXACT.subtract(Decimal(quantity), gone):f}"
