"""Replays a record that has levels and trades: one account keeps the levels, and takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from participants.formats.records import Cleared, LevelRecord, Notices, Traded
from participants.replay.outcome import Outcome, count_equal
from participants.replay.recorded_levels import RecordedLevels
from participants.replay.recorded_orders import Level
from participants.replay.sending import Sender, SentOrder
from participants.replay.sent_orders import SentOrders, pair_fills

CROSSING = "levels that cross newer ones"


@dataclass(slots=True)
class _Quote:
    """An order of a level: its total, and what of it the record's own trades have taken."""

    name: str
    total: int
    taken: int = 0


class LevelPlayer:
    """Keeps each level at its recorded quantity, less what others' orders took of it.

    A level that grows gets another order at its end, one that shrinks loses its newest, so that an
    order of somebody else keeps its place in the queue. A total is what the record has plus what
    its own trades took: so what others took is not there again until the level has gone, and
    nothing depends on when that is known. A recorded trade is an IOC order at its price, and meets
    others' orders where they stand first.
    """

    def __init__(self, sender: Sender, sent: SentOrders, run: str, notices: Notices) -> None:
        self._sender = sender
        self._sent = sent
        self._run = run
        self._notices = notices
        self._names = count(1)
        self._book = RecordedLevels()
        self._quotes: dict[Level, list[_Quote]] = {}
        self._levels: dict[str, Level] = {}
        """Of quotes, by their names."""
        self._trades: dict[str, int] = {}
        self._with_others = 0

    def play(self, record: LevelRecord) -> None:
        """Do in the exchange what the record says; levels at the next trade or `end_moment`."""
        if isinstance(record, Traded):
            self._keep_levels()
            name = self._make_name()
            self._trades[name] = record.quantity
            is_buy, price, quantity = record
            self._sender.place(SentOrder(name, is_buy, price, quantity, is_taker=True))
            self._sender.flush()
            self._read_fills()
        else:
            self._book.apply(record)

    def skip(self, records: Iterable[LevelRecord]) -> None:
        """Follow the records of a moment without the exchange, until `place_book`."""
        for record in records:
            if not isinstance(record, Traded):
                self._book.apply(record)
        self._drop_crossing()

    def end_moment(self) -> None:
        """Have the exchange's levels be the record's."""
        self._keep_levels()

    def flush(self) -> None:
        """Do nothing: what a moment says is sent at its end."""

    def begin_anew(self) -> None:
        """Forget the record's book: the record is read from its beginning."""
        self._book.apply(Cleared())

    def place_book(self) -> None:
        """Replace what is in the exchange by the book of this moment; earlier trades are over."""
        self._sent.cancel_all()
        self._sent.read_new_fills()
        self._quotes.clear()
        self._levels.clear()
        self._trades.clear()
        self._with_others = 0
        self._book.changed = dict.fromkeys(self._book.list_levels())
        self._keep_levels()

    def compare(self) -> Outcome:
        """Return how far trades and book are those of the record, since the last `place_book`."""
        self._keep_levels()
        self._read_fills()
        levels, equal = count_equal(self._book.list_levels(), self._sent.sum_levels())
        taken = self._sender.taken
        followed = sum(taken[name] == quantity for name, quantity in self._trades.items())
        return Outcome(
            len(self._trades), followed, levels, equal, self._with_others, self._notices.list()
        )

    def _keep_levels(self) -> None:
        """Make the levels the record's: first what becomes less, so that nothing meets."""
        self._drop_crossing()
        changed, self._book.changed = self._book.changed, {}
        growing = [(level, more) for level in changed if (more := self._shrink(level)) > 0]
        for level, more in growing:
            is_bid, price = level
            quote = _Quote(self._make_name(), more)
            self._quotes.setdefault(level, []).append(quote)
            self._levels[quote.name] = level
            self._sender.place(SentOrder(quote.name, is_bid, price, more, is_taker=False))
        self._sender.flush()

    def _shrink(self, level: Level) -> int:
        """Take away what a level has too much, the newest first; return what it has too little."""
        quotes = self._quotes.get(level, [])
        shown = sum(quote.total - quote.taken for quote in quotes)
        more = self._book.find_quantity(level) - shown
        while more < 0:
            quote = quotes[-1]
            if quote.total - quote.taken <= -more:
                more += quote.total - quote.taken
                self._sender.cancel(quote.name)
                del self._levels[quotes.pop().name]
            else:
                quote.total += more
                more = 0
                self._sender.resize(quote.name, quote.total)
        return more

    def _drop_crossing(self) -> None:
        for _ in range(self._book.drop_crossing()):
            self._notices.add(CROSSING)

    def _read_fills(self) -> None:
        """Learn what of which order the record's own trades have taken."""
        for maker, taker in pair_fills(self._sent.read_new_fills()):
            if maker is None or taker is None:
                self._with_others += 1
            elif (level := self._levels.get(maker["client_order_id"])) is not None:
                self._count_taken(level, maker["client_order_id"], maker["lots"])

    def _count_taken(self, level: Level, name: str, quantity: int) -> None:
        quotes = self._quotes[level]
        [quote] = [each for each in quotes if each.name == name]
        quote.taken += quantity
        self._book.changed[level] = None
        if quote.taken >= quote.total:
            quotes.remove(quote)
            del self._levels[name]

    def _make_name(self) -> str:
        return f"{self._run}.{next(self._names)}"
