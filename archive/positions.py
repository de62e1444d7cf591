"""Positions by the method of average cost, in whole units of the instrument's two assets."""

from typing import NamedTuple, Self

from protocol.instrument import divide_half_even


class Position(NamedTuple):
    """What an account's fills of an instrument come to.

    `quantity` (of base) is what was bought less what was sold, `cost` (of quote) what that was paid
    with; of a sold position both are negative. All amounts are those that moved the balances, so
    after commission: `realized` too, and a cost is of what was received, net.
    """

    quantity: int = 0
    cost: int = 0
    realized: int = 0
    base_commission: int = 0
    quote_commission: int = 0

    def buy(self, quantity: int, paid: int, commission: int) -> Self:
        """Return the position after a bought quantity, of which `commission` was taken."""
        changed = self._change(quantity - commission, paid)
        return changed._replace(base_commission=self.base_commission + commission)

    def sell(self, quantity: int, received: int, commission: int) -> Self:
        """Return the position after a sold quantity; `commission` was taken of what it brought."""
        changed = self._change(-quantity, commission - received)
        return changed._replace(quote_commission=self.quote_commission + commission)

    def _change(self, quantity: int, paid: int) -> Self:
        """Add a signed quantity, for which a signed amount was paid."""
        if not quantity:
            return self._replace(realized=self.realized - paid)
        if quantity * self.quantity >= 0:
            return self._replace(quantity=self.quantity + quantity, cost=self.cost + paid)
        if abs(quantity) <= abs(self.quantity):
            return self._close(quantity, paid)
        closing = divide_half_even(paid * abs(self.quantity), abs(quantity))
        beyond = self.quantity + quantity
        return self._close(-self.quantity, closing)._change(beyond, paid - closing)

    def _close(self, quantity: int, paid: int) -> Self:
        """Close a part, or all: its share of the cost goes."""
        cost = divide_half_even(self.cost * abs(quantity), abs(self.quantity))
        return self._replace(
            quantity=self.quantity + quantity,
            cost=self.cost - cost,
            realized=self.realized - cost - paid,
        )
