"""What balances, positions and fees must be, worked out the plain way from what was published."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple

from protocol import channels
from protocol.assets import Asset
from protocol.journal import JournalEntry
from tests.support.archive_replay import read_events
from tests.support.exchange import Exchange, Json


class Held(NamedTuple):
    """A position in exact fractions; cost and realized are whole units of the quote."""

    quantity: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    realized: Fraction = Fraction(0)
    commissions: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))


class Accountant:
    """Keeps positions of settled fills, and what came to each account of each asset."""

    def __init__(self, entries: Iterable[JournalEntry], assets: Iterable[Asset]) -> None:
        self._assets = {asset.symbol: asset for asset in assets}
        self.positions: dict[tuple[str, str], Held] = {}
        self.moved: Counter[tuple[str, str]] = Counter()
        """By account and asset: what trades alone have moved."""
        for entry in entries:
            for event in read_events(entry, channels.EXECUTION_REPORTS):
                if event["type"] == "execution_report" and event["last_trade"]:
                    self._read(event, event["last_trade"])

    def _read(self, report: Json, fill: Json) -> None:
        if "commission" not in fill:
            return
        base, quote = report["symbol"].split("-")
        quantity, commission = Fraction(fill["quantity"]), Fraction(fill["commission"])
        notional = quantity * Fraction(fill["price"])
        place = report["account"], report["symbol"]
        held = self.positions.get(place, Held())
        paid_base, paid_quote = held.commissions
        if report["side"] == "buy":
            got, spent = quantity - commission, notional
            held = held._replace(commissions=(paid_base + commission, paid_quote))
        else:
            got, spent = -quantity, commission - notional
            held = held._replace(commissions=(paid_base, paid_quote + commission))
        self.positions[place] = self._trade(held, got, spent, self._assets[quote])
        self.moved[place[0], base] += got  # type: ignore[assignment]
        self.moved[place[0], quote] -= spent  # type: ignore[assignment]

    @staticmethod
    def _trade(held: Held, got: Fraction, spent: Fraction, quote: Asset) -> Held:
        """First what closes, then what opens."""

        def to_unit(amount: Fraction) -> Fraction:
            return Fraction(round(amount * 10**quote.decimals), 10**quote.decimals)

        closes = min(abs(got), abs(held.quantity)) if got * held.quantity < 0 else Fraction(0)
        if closes:
            share = to_unit(spent * closes / abs(got))
            cost = to_unit(held.cost * closes / abs(held.quantity))
            signed = closes if got > 0 else -closes
            held = held._replace(
                quantity=held.quantity + signed,
                cost=held.cost - cost,
                realized=held.realized - cost - share,
            )
            got, spent = got - signed, spent - share
        if got:
            return held._replace(quantity=held.quantity + got, cost=held.cost + spent)
        return held._replace(realized=held.realized - spent)


def list_core_balances(exchange: Exchange) -> dict[tuple[str, str], tuple[str, str]]:
    """What the core has: account and asset → free and locked, for all that are open."""
    ledger = exchange.state.ledger
    return {
        (name, asset.symbol): (balance.free, balance.locked)
        for number, name in enumerate(ledger.names)
        for asset in ledger.assets
        for balance in [ledger.read_balance(number, asset)]
    }


def list_core_fees(exchange: Exchange, account: str) -> list[tuple[Any, ...]]:
    """What the core takes of an account: symbol, maker and taker, in 10**-8."""
    state = exchange.state
    own = {
        (state.ledger.names[number], symbol): rates
        for number, symbol, *rates in state.matcher.own_fees()
    }
    found = []
    for instrument in sorted(state.rules.instruments, key=lambda item: item.symbol):
        terms = state.matcher.terms(instrument.index)
        if terms is not None:
            rates = own.get((account, instrument.index)) or own.get((account, -1))
            rates = rates or [terms.maker_fee, terms.taker_fee]
            found.append((instrument.symbol, *rates))
    return found
