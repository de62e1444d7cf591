"""What open orders hold, worked out from their list: for terms that come after the orders."""

from collections import Counter
from collections.abc import Iterable

from .codes import MAX_AMOUNT, OpenOrder, Side, Terms


def sum_holds(orders: Iterable[OpenOrder], terms: Terms, accounts: int) -> Counter[tuple[int, int]]:
    """Sum up by account and asset what a symbol's open orders would hold.

    ValueError if one of them could not have come in under these terms, or if its account is not
    one of the `accounts` that a ledger has.
    """
    holds: Counter[tuple[int, int]] = Counter()
    for order in orders:
        if order.partner or order.link:
            raise ValueError("order lists are open already")
        amount = order.remaining * terms.lot_units
        notional = order.remaining * order.price * terms.step_units
        if not 1 <= order.account < accounts:
            raise ValueError("an open order's account is not in the ledger")
        if max(amount, notional) > MAX_AMOUNT:
            raise ValueError("an open order is about more than one amount can be")
        if order.side == Side.BUY:
            holds[order.account, terms.quote] += notional
        else:
            holds[order.account, terms.base] += amount
    return holds
