"""Audit the public feed: the book that its deltas make, its ids, its best bid and offer."""

from collections.abc import Iterable, Mapping, Sequence

from sortedcontainers import SortedDict

from engine.audit.findings import Findings, Rule
from engine.audit.queues import Queues
from protocol.enums import Side
from protocol.events import Bbo, L2Delta, Level, Trade
from protocol.instrument import Instrument
from protocol.snapshot import BookSnapshot

Levels = SortedDict[int, int]
"""Price in ticks → quantity in lots."""


class PublicBook:
    """One symbol's book, as somebody sees it who has only the feed."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.update_id = 0
        self.trade_id = 0
        self.quoted: tuple[str | None, ...] = (None, None, None, None)
        self._sides: dict[Side, Levels] = {side: SortedDict() for side in (Side.BUY, Side.SELL)}

    def begin(self, snapshot: BookSnapshot) -> None:
        """Start from a snapshot."""
        self.update_id, self.trade_id = snapshot.last_update_id, snapshot.last_trade_id
        self.apply(Side.BUY, snapshot.bids)
        self.apply(Side.SELL, snapshot.asks)
        self.quoted = self.quote()

    def apply(self, side: Side, changes: Iterable[Level]) -> None:
        """Set levels; a quantity of 0 removes one."""
        levels, instrument = self._sides[side], self.instrument
        for price, quantity in changes:
            ticks, lots = instrument.tick.to_steps(price)[0], instrument.lot.to_steps(quantity)[0]
            if lots:
                levels[ticks] = lots
            else:
                levels.pop(ticks, None)

    def quantity(self, side: Side, price: int) -> int:
        """Return the quantity in lots at a price in ticks."""
        return self._sides[side].get(price, 0)

    def levels(self, side: Side) -> list[Level]:
        """Return a side's levels as a snapshot has them, best first."""
        instrument = self.instrument
        items = [
            (instrument.ticks_to_price(price), instrument.lots_to_quantity(quantity))
            for price, quantity in self._sides[side].items()
        ]
        return items[::-1] if side is Side.BUY else items

    def quote(self) -> tuple[str | None, ...]:
        """Return best bid, its quantity, best ask, its quantity; None for an empty side."""
        return (*self._best(Side.BUY, -1), *self._best(Side.SELL, 0))

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is at or above the best ask."""
        bids, asks = self._sides[Side.BUY], self._sides[Side.SELL]
        return bool(bids and asks) and bids.keys()[-1] >= asks.keys()[0]

    def _best(self, side: Side, position: int) -> tuple[str | None, str | None]:
        levels = self._sides[side]
        if not levels:
            return None, None
        price, quantity = levels.peekitem(position)
        return self.instrument.ticks_to_price(price), self.instrument.lots_to_quantity(quantity)


class BookAudit:
    """The books of all symbols; `queues` are what the orders' reports add up to."""

    def __init__(
        self, instruments: Sequence[Instrument], queues: Mapping[str, Queues], findings: Findings
    ) -> None:
        self.books = {instrument.symbol: PublicBook(instrument) for instrument in instruments}
        self.trades = self.updates = 0
        self._queues = queues
        self._findings = findings

    def begin(self, snapshots: Iterable[BookSnapshot]) -> None:
        """Start from a snapshot's books."""
        for snapshot in snapshots:
            self.books[snapshot.symbol].begin(snapshot)
            self._queues[snapshot.symbol].touched.clear()

    def read(self, trades: Iterable[Trade], deltas: Iterable[L2Delta], bbos: Iterable[Bbo]) -> None:
        """Audit what one commit published; the reports of its orders must have been read before."""
        for trade in trades:
            self._number_trade(trade)
        for delta in deltas:
            self._apply(delta)
        quoted = {bbo.symbol: bbo for bbo in bbos}
        for symbol, queues in self._queues.items():
            if queues.touched or symbol in quoted:
                self._check_book(self.books[symbol], queues, quoted.get(symbol))
                queues.touched.clear()

    def _number_trade(self, trade: Trade) -> None:
        self.trades += 1
        book = self.books[trade.symbol]
        self._findings.expect(
            trade.trade_id == book.trade_id + 1,
            Rule.TRADE_ID,
            f"{trade.symbol} trade {trade.trade_id} follows {book.trade_id}",
        )
        book.trade_id = trade.trade_id

    def _apply(self, delta: L2Delta) -> None:
        self.updates += 1
        book, queues = self.books[delta.symbol], self._queues[delta.symbol]
        changed = len(delta.bids) + len(delta.asks)
        self._findings.expect(
            delta.first_update_id == book.update_id + 1
            and delta.last_update_id >= book.update_id + changed,
            Rule.UPDATE_ID,
            f"{delta.symbol} updates {delta.first_update_id} to {delta.last_update_id} with"
            f" {changed} levels follow {book.update_id}",
        )
        book.update_id = delta.last_update_id
        for side, levels in ((Side.BUY, delta.bids), (Side.SELL, delta.asks)):
            book.apply(side, levels)
            to_ticks = book.instrument.tick.to_steps
            queues.touched.update((side, to_ticks(price)[0]) for price, _ in levels)

    def _check_book(self, book: PublicBook, queues: Queues, bbo: Bbo | None) -> None:
        symbol, expect = book.instrument.symbol, self._findings.expect
        for side, price in queues.touched:
            published, total = book.quantity(side, price), queues.total(side, price)
            expect(
                published == total,
                Rule.LEVEL,
                f"{symbol} {side} {book.instrument.ticks_to_price(price)}: {published} lots are"
                f" published, the orders have {total}",
            )
        quote = book.quote()
        expect(not book.is_crossed, Rule.CROSSED, f"{symbol}: {quote}")
        if bbo is not None:
            expect(
                quote != book.quoted, Rule.BBO, f"{symbol}: {quote} is published, and was before"
            )
            book.quoted = (bbo.bid, bbo.bid_quantity, bbo.ask, bbo.ask_quantity)
        expect(quote == book.quoted, Rule.BBO, f"{symbol}: {book.quoted}, the book has {quote}")
