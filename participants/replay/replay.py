"""A recording in an exchange, moment by moment: forward, to a time, or by a jump."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import msgspec

from participants.asking import Ask
from participants.formats.opening import Recording, open_recording
from participants.formats.records import Grid, Matched, Notices, Record, TimedRecord
from participants.replay.level_player import LevelPlayer
from participants.replay.order_player import OrderPlayer
from participants.replay.outcome import Outcome
from participants.replay.sending import Sender
from participants.replay.sent_orders import SentOrders
from protocol.instrument import Instrument, InstrumentSpecification

ACCOUNT = "recorded"
RATE = 25.0
"""Commands a second of a record that has no times."""

_SECOND = 1_000_000
_FUNDS = 2**62
"""Units of each asset, about half of what one amount can be; and no more than _MOST of it."""
_MOST = Decimal(10**14)


class Player(Protocol):
    """Does in the exchange what records say, and compares."""

    def play(self, record: Any) -> None:
        """Do what a record says; it may wait for others of its moment, or for `flush`."""

    def skip(self, records: Iterable[Any]) -> None:
        """Follow the records of a moment without the exchange, until `place_book`."""

    def end_moment(self) -> None:
        """Know that what follows is of another time."""

    def flush(self) -> None:
        """Return when the exchange has done all that was played."""

    def begin_anew(self) -> None:
        """Forget the record's book: the record is read from its beginning."""

    def place_book(self) -> None:
        """Replace what is in the exchange by the book of this moment; earlier trades are over."""

    def compare(self) -> Outcome:
        """Return how far trades and book are those of the record, since the last `place_book`."""


class Replay:
    """Plays a recording; times are seconds since its beginning.

    Methods raise what `ask` raises, and ValueError or OSError for a file that cannot be read.
    """

    uses_ask_alone = True

    def __init__(
        self, recording: Recording, player: Player, rate: float = RATE, step_seconds: float = 1.0
    ) -> None:
        self._recording = recording
        self._player = player
        self._rate = rate
        self._step_seconds = step_seconds
        self.position = 0.0
        """How far it has come."""
        self.records = 0
        """How many records that is."""
        self._open()

    @property
    def next_time(self) -> float | None:
        """When the next moment is; None at the end."""
        return None if self._next is None else self._next[0]

    @property
    def is_done(self) -> bool:
        """Whether the record has no more."""
        return self._next is None

    def step(self) -> None:
        """Play the next second of the record, or what else its `step_seconds` are."""
        self.play_until(self.position + self._step_seconds)

    def play_moments(self, count: int = 1) -> None:
        """Play so many moments: all that has the same time, or one command where none has."""
        for _ in range(count):
            if self._next is not None:
                self.position = self._next[0]
                self._play_moment()
        self._player.flush()

    def play_until(self, position: float) -> None:
        """Play all that is before or at a time."""
        while self._next is not None and self._next[0] <= position:
            self._play_moment()
        self.position = position
        self._player.flush()

    def play_all(self) -> None:
        """Play what is left."""
        while self._next is not None:
            self.position = self._next[0]
            self._play_moment()
        self._player.flush()

    def seek(self, position: float) -> None:
        """Jump, either way: the exchange gets the book of that time, and no trade on the way."""
        if position < self.position:
            self._player.begin_anew()
            self._open()
        while self._next is not None and self._next[0] <= position:
            self._player.skip(self._take_moment())
        self.position = position
        self._player.place_book()

    def compare(self) -> Outcome:
        """Return how far trades and book are those of the record, since the last jump."""
        outcome = self._player.compare()
        outcome.notices.extend(self._recording.notices.list())
        return outcome

    def list_times(self) -> Iterator[float]:
        """Yield the time of each record; nothing is played, and it can be played later."""
        for seconds, _ in number_times(self._recording.read(), self._rate):
            yield seconds

    def _open(self) -> None:
        self._records = number_times(self._recording.read(), self._rate)
        self._next = next(self._records, None)
        self.records = 0

    def _play_moment(self) -> None:
        for record in self._take_moment():
            self._player.play(record)
        self._player.end_moment()

    def _take_moment(self) -> Iterator[Record]:
        """Yield what is of the next record's time, and go on behind it."""
        time = self.next_time
        while self._next is not None and self._next[0] == time:
            yield self._next[1].record
            self._next = next(self._records, None)
            self.records += 1


def number_times(
    records: Iterator[TimedRecord], rate: float
) -> Iterator[tuple[float, TimedRecord]]:
    """Yield each record with its second since the beginning."""
    start: int | None = None
    untimed = -1
    for record in records:
        if record.time is None:
            untimed += not isinstance(record.record, Matched)
            yield untimed / rate, record
        else:
            start = record.time if start is None else start
            yield (record.time - start) / _SECOND, record


def open_replay(
    ask: Ask,
    files: Sequence[Path],
    symbol: str,
    *,
    account: str = ACCOUNT,
    stock: str | None = None,
    rate: float = RATE,
    step_seconds: float = 1.0,
    run: str | None = None,
) -> Replay:
    """Prepare a replay: read what the instrument is, and give the account enough of its assets.

    `run` is what the names of its orders begin with, another one for each replay of an exchange.
    Raises ValueError or OSError if the files cannot be read, and what `ask` raises.
    """
    run = run or f"replay-{secrets.token_hex(3)}"
    instrument = read_instrument(ask, symbol)
    recording = open_recording(files, Grid(instrument, Notices()), stock)
    give_funds(ask, account, instrument, run)
    notices = Notices()
    sender = Sender(ask, account, instrument, notices)
    sent = SentOrders(ask, account, instrument, run)
    sent.read_new_fills()
    kind = OrderPlayer if recording.has_orders else LevelPlayer
    player: Player = kind(sender, sent, run, notices)
    return Replay(recording, player, rate, step_seconds)


def read_instrument(ask: Ask, symbol: str) -> Instrument:
    """Return the terms of what is traded."""
    answer = ask("GET", f"/v1/instruments/{symbol}", None, "default")
    names = InstrumentSpecification.__struct_fields__
    fields = {name: answer[name] for name in names if name in answer}
    return Instrument(msgspec.convert(fields, InstrumentSpecification), 0)


def give_funds(ask: Ask, account: str, instrument: Instrument, run: str) -> None:
    """Give an account so much of both assets that it never runs out; once for a `run`."""
    assets = (instrument.specification.base_asset, instrument.specification.quote_asset)
    for balance in ask("GET", "/v1/balances", None, account)["balances"]:
        if balance["asset"] in assets:
            places = len(balance["free"].partition(".")[2])
            enough = min(Decimal(_FUNDS).scaleb(-places), _MOST)
            amount = enough - Decimal(balance["free"])
            if amount > 0:
                name = f"{run}.{balance['asset']}"
                body = {"account": account, "asset": balance["asset"], "amount": f"{amount:f}"}
                ask("POST", "/v1/admin/credit", body | {"id": name}, "default")
