"""How much of an order was canceled: no report has it, because it follows from what a report has.

While an order is open, quantity = filled + remaining; once it has ended, nothing remains, and
quantity = filled + canceled.
"""

from decimal import Context, Decimal

from protocol.enums import Status

_EXACT = Context(prec=60)
"""More digits than a quantity can have."""
_CUT_SHORT = frozenset({Status.CANCELED, Status.EXPIRED})


def derive_canceled(status: str, quantity: str | None, filled_quantity: str) -> str:
    """Return what ended without a trade, with the places of `filled_quantity`; 0 while it is open.

    A rejected order has never been there, so that nothing of it was canceled.
    """
    filled = Decimal(filled_quantity)
    if quantity is None or status not in _CUT_SHORT:
        return f"{filled * 0:f}"
    return f"{_EXACT.subtract(Decimal(quantity), filled):f}"
