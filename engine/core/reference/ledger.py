"""The plain-Python core's ledger: what accounts have, what orders hold, what a trade moves."""

from collections.abc import Iterator, Mapping
from operator import index
from typing import Self

from engine.core.codes import (
    ALL_SYMBOLS,
    FEE_UNIT,
    FEES_ACCOUNT,
    MAX_ACCOUNTS,
    MAX_AMOUNT,
    MAX_ASSETS,
    Side,
    Terms,
)
from engine.core.codes import SelfTradePrevention as Prevention
from engine.core.reference.book import MIX, WORD, Book, Order, finished
from engine.core.saved import FEES_RECORD, FREE_RECORD, TERMS_RECORD, SavedLedger

_ROUNDING = FEE_UNIT // 2


class Ledger:
    """Balances by account and asset, in units of the asset; `matcher.pyi` has what they are for."""

    def __init__(self, assets: int, *, is_checked: bool) -> None:
        if not 1 <= index(assets) <= MAX_ASSETS:
            raise ValueError(f"assets must be from 1 to {MAX_ASSETS}, not {assets}")
        self.assets = assets
        self.accounts = 1
        self.is_checked = bool(is_checked)
        self.terms: dict[int, Terms] = {}
        self.shortfall = (0, 0)
        """The asset and the amount that were needed, when funds were last refused."""
        self._own_fees: dict[tuple[int, int], tuple[int, int]] = {}
        self._free: dict[tuple[int, int], int] = {}
        self._locked: dict[tuple[int, int], int] = {}
        self._changed: set[tuple[int, int]] = set()

    # Accounts

    def add_asset(self) -> int:
        """Add an asset and return its index."""
        if self.assets == MAX_ASSETS:
            raise ValueError(f"a ledger has at most {MAX_ASSETS} assets")
        self.assets += 1
        return self.assets - 1

    def open_account(self) -> int:
        """Open an account without any balance, and return its number."""
        if self.accounts == MAX_ACCOUNTS:
            raise ValueError(f"a ledger has at most {MAX_ACCOUNTS} accounts")
        self.accounts += 1
        return self.accounts - 1

    def check_place(self, account: int, asset: int) -> None:
        """Raise IndexError if there is no such account or asset."""
        if not (0 <= index(account) < self.accounts and 0 <= index(asset) < self.assets):
            raise IndexError(f"there is no account {account} with an asset {asset}")

    def credit(self, account: int, asset: int, amount: int) -> bool:
        """Add to what is free; return False, and change nothing, if too little would be."""
        self.check_place(account, asset)
        if not -MAX_AMOUNT <= index(amount) <= MAX_AMOUNT:
            raise ValueError(f"an amount has 63 bits, {amount} has not")
        if self.is_checked and self._free.get((account, asset), 0) + amount < 0:
            return False
        self._add(account, asset, free=amount)
        return True

    def balance(self, account: int, asset: int) -> tuple[int, int]:
        """Return what is free and what is locked."""
        self.check_place(account, asset)
        place = (account, asset)
        return self._free.get(place, 0), self._locked.get(place, 0)

    def take_changed(self) -> list[tuple[int, int]]:
        """List the balances that were changed since the last call."""
        changed, self._changed = sorted(self._changed), set()
        return changed

    def _add(self, account: int, asset: int, *, free: int = 0, locked: int = 0) -> None:
        place = (account, asset)
        self._free[place] = self._free.get(place, 0) + free
        self._locked[place] = self._locked.get(place, 0) + locked
        self._changed.add(place)

    # Holds

    def held_asset(self, order: Order) -> int:
        """Return the asset that an order pays with."""
        terms = self.terms[order.symbol]
        return terms.quote if order.side == Side.BUY else terms.base

    def held_for(self, order: Order, quantity: int) -> int:
        """Return what so much of an open order holds: nothing for a buy without a price."""
        terms = self.terms[order.symbol]
        if order.side == Side.BUY:
            return order.price * quantity * terms.step_units
        return quantity * terms.lot_units

    def hold(self, order: Order, quantity: int) -> None:
        """Lock what so much of an order holds; free it if the quantity is below zero."""
        if order.is_unheld or order.symbol not in self.terms:
            return
        if amount := self.held_for(order, quantity):
            self._add(order.account, self.held_asset(order), free=-amount, locked=amount)

    def check_holds(self, holds: Mapping[tuple[int, int], int]) -> None:
        """Raise ValueError if funds are checked and an account has too little for these."""
        if self.is_checked and any(
            self._free.get(place, 0) < amount for place, amount in holds.items()
        ):
            raise ValueError("an account has too little for its open orders")

    def lock_again(self, order: Order) -> None:
        """Count what a restored order holds: saved bytes have free amounts alone."""
        if order.symbol in self.terms:
            place = (order.account, self.held_asset(order))
            held = 0 if order.is_unheld else self.held_for(order, order.remaining)
            self._locked[place] = self._locked.get(place, 0) + held
            place = (order.account, self.terms[order.symbol].base)
            self._locked[place] = self._locked.get(place, 0) + order.received

    def is_out_of_range(self, order: Order) -> bool:
        """Whether what the order is about is more than one amount can be, at its own price."""
        terms = self.terms.get(order.symbol)
        if terms is None:
            return False
        amounts = (
            order.remaining * terms.lot_units,
            order.remaining * order.price,
            order.remaining * order.price * terms.step_units,
        )
        return max(amounts) > MAX_AMOUNT

    def lacks_funds(self, order: Order, held: int = 0) -> bool:
        """Whether the order holds more than what is free and what it has `held` so far."""
        if order.symbol not in self.terms:
            return False
        needed = self.held_for(order, order.remaining) - held
        return self._is_short(order, self.held_asset(order), needed)

    def lacks_both(self, first: Order, second: Order) -> bool:
        """Whether `second` lacks funds beside `first`, of the same account and symbol."""
        needed = self.held_for(second, second.remaining)
        if first.side == second.side:
            needed += self.held_for(first, first.remaining)
        return self._is_short(second, self.held_asset(second), needed)

    def lacks_cost(self, order: Order, book: Book) -> bool:
        """Whether a buy without a price would trade for more than what is free."""
        if order.symbol not in self.terms or order.price or order.side != Side.BUY:
            return False
        return self._is_short(order, self.held_asset(order), self._cost(order, book))

    def lacks_amount(self, order: Order, amount: int) -> bool:
        """Whether a buy may spend more (price x quantity) than what is free, or one amount is."""
        terms = self.terms.get(order.symbol)
        if terms is None or order.side != Side.BUY:
            return False
        needed = min(amount * terms.step_units, MAX_AMOUNT)
        return self._is_short(order, terms.quote, needed)

    def _is_short(self, order: Order, asset: int, needed: int) -> bool:
        if not self.is_checked or self._free.get((order.account, asset), 0) >= needed:
            return False
        self.shortfall = (asset, needed)
        return True

    def _cost(self, taker: Order, book: Book) -> int:
        """Return what a market buy would pay for all that it can trade now."""
        missing, cost = taker.remaining, 0
        for price, maker, part in book.meetings(taker):
            quantity = min(part, missing)
            if not taker.is_own(maker):
                cost += price * quantity
                missing -= quantity
            elif taker.prevention == Prevention.DECREMENT:
                missing -= quantity
            elif taker.prevention != Prevention.CANCEL_MAKER:
                missing = 0
            if not missing:
                break
        return cost * self.terms[taker.symbol].step_units

    # Trades

    def settle(self, taker: Order, maker: Order, price: int, quantity: int) -> tuple[int, int]:
        """Move what a trade moves; return the taker's and the maker's commission."""
        terms = self.terms[taker.symbol]
        buyer, seller = (taker, maker) if taker.side == Side.BUY else (maker, taker)
        notional = price * quantity * terms.step_units
        amount = quantity * terms.lot_units
        held = self.held_for(buyer, quantity)
        self._add(buyer.account, terms.quote, free=held - notional, locked=-held)
        self._add(seller.account, terms.base, locked=-amount)
        bought = self._pay(buyer, terms.base, amount, is_maker=buyer is maker)
        if buyer.is_keeping:
            self._add(buyer.account, terms.base, free=bought - amount, locked=amount - bought)
            buyer.received += amount - bought
        sold = self._pay(seller, terms.quote, notional, is_maker=seller is maker)
        return (bought, sold) if buyer is taker else (sold, bought)

    def release_received(self, order: Order, units: int) -> None:
        """Free so much of what a working order has bought for the pending ones."""
        if units:
            self._add(order.account, self.terms[order.symbol].base, free=units, locked=-units)

    def find_bought(self, order: Order) -> int | None:
        """Return how many whole lots a working order has bought; None if nothing is settled."""
        terms = self.terms.get(order.symbol)
        return None if terms is None else order.received // terms.lot_units

    def _pay(self, order: Order, asset: int, received: int, *, is_maker: bool) -> int:
        commission = _round_half_even(received * self._rate(order, is_maker=is_maker))
        self._add(order.account, asset, free=received - commission)
        if commission:
            self._add(FEES_ACCOUNT, asset, free=commission)
        return commission

    def set_fees(self, account: int, symbol: int, maker_fee: int, taker_fee: int) -> None:
        """Give an account rates of its own; raise ValueError if one is out of range."""
        self._own_fees[account, symbol] = (check_fee(maker_fee), check_fee(taker_fee))

    def list_fees(self) -> list[tuple[int, int, int, int]]:
        """List account, symbol, maker and taker rate of all own rates, sorted."""
        return [(*place, *rates) for place, rates in sorted(self._own_fees.items())]

    def _rate(self, order: Order, *, is_maker: bool) -> int:
        terms = self.terms[order.symbol]
        own = self._own_fees.get((order.account, order.symbol)) or self._own_fees.get(
            (order.account, ALL_SYMBOLS)
        )
        maker_fee, taker_fee = own or (terms.maker_fee, terms.taker_fee)
        return maker_fee if is_maker else taker_fee

    # State

    def mix(self) -> int:
        """Return the ledger's terms of the state hash."""
        balances = (
            finished(
                account * MIX[0]
                + asset * MIX[1]
                + _sum(self._free.get((account, asset), 0), MIX[2], MIX[3])
                + _sum(self._locked.get((account, asset), 0), MIX[4], MIX[5])
                + MIX[6]
            )
            for account, asset in self._free.keys() | self._locked.keys()
            if self._free.get((account, asset)) or self._locked.get((account, asset))
        )
        fees = (
            finished(
                account * MIX[0]
                + (symbol + 1) * MIX[1]
                + maker_fee * MIX[2]
                + taker_fee * MIX[3]
                + MIX[7]
            )
            for (account, symbol), (maker_fee, taker_fee) in self._own_fees.items()
        )
        return sum(balances) + sum(fees) + self.accounts * MIX[7]

    def save(self, symbols: int) -> SavedLedger:
        """Take the ledger apart for saved bytes."""
        none = Terms(0, 0, 0, 0)
        terms = b"".join(
            TERMS_RECORD.pack(*each[2:4], *each[:2], *each[4:])
            for each in (self.terms.get(symbol, none) for symbol in range(symbols))
        )
        fees = b"".join(
            FEES_RECORD.pack(*place, *rates) for place, rates in sorted(self._own_fees.items())
        )
        free = b"".join(
            FREE_RECORD.pack(amount & WORD, amount >> 64) for amount in self._list_free()
        )
        parts = (memoryview(terms), memoryview(fees), memoryview(free))
        return SavedLedger(self.assets, self.accounts, self.is_checked, *parts)

    @classmethod
    def load(cls, saved: SavedLedger) -> Self:
        """Put a ledger together, without terms and own fees; raise ValueError if it cannot be."""
        ledger = cls(saved.assets, is_checked=saved.is_checked)
        ledger.accounts = saved.accounts
        for number, (low, high) in enumerate(FREE_RECORD.iter_unpack(saved.free)):
            amount = (high << 64) + low
            if ledger.is_checked and amount < 0:
                raise ValueError("saved ledger has a balance below zero")
            if amount:
                ledger._free[divmod(number, saved.assets)] = amount
        return ledger

    def _list_free(self) -> Iterator[int]:
        for account in range(self.accounts):
            for asset in range(self.assets):
                yield self._free.get((account, asset), 0)


def check_fee(rate: int) -> int:
    """Return a fee rate; raise ValueError if it is not from 0 to FEE_UNIT."""
    if not 0 <= index(rate) <= FEE_UNIT:
        raise ValueError(f"a fee rate is from 0 to {FEE_UNIT}, not {rate}")
    return rate


def _round_half_even(product: int) -> int:
    """Divide by FEE_UNIT, rounded half-even."""
    whole, rest = divmod(product, FEE_UNIT)
    return whole + (rest > _ROUNDING or (rest == _ROUNDING and whole % 2 == 1))


def _sum(amount: int, low: int, high: int) -> int:
    """Mix the low and the high 64 bits of an amount."""
    return (amount & WORD) * low + (amount >> 64) * high
