"""The loop: read a page, write it, announce it; after an error, start from the database again."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from redis import RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from archive.database import describe_trouble
from archive.exchange_check import BegunAnew, check_exchange, check_last_commit
from archive.journal import ExchangeState, Journal
from archive.records import name_exchange
from archive.retention import Retention
from archive.versions import prepare_schema
from archive.writer import AnotherWriter, Position, Writer
from protocol.assets import LedgerSettings
from protocol.instrument import InstrumentSpecification
from protocol.journal import JournalEntry

MAX_GATHER_SECONDS = 0.25
"""Longest pause, and so about how far the archive is behind a busy exchange."""
FIRST_RETRY_SECONDS = 0.25
MAX_RETRY_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Gathering(NamedTuple):
    """The pause when the archive has caught up, so that a transaction takes many commits.

    It is at least `seconds`: a sync to the disk for each commit would cost more than these are
    worth. `ratio` is the pause to the time that the page before took: a row costs a third less in
    large pages, and what opens and ends in one is written once.
    """

    seconds: float
    ratio: int


GATHERING = Gathering(0.05, 3)
EPHEMERAL_GATHERING = Gathering(0.005, 1)
"""Where an exchange may begin anew: a test waits for it, and nothing is synced."""


class Taken(NamedTuple):
    """What was done with a page: how many commits it had, whether more follow, and for how long."""

    commits: int = 0
    is_full: bool = False
    seconds: float = 0.0


class ShardFollower:
    """Follows one shard's journal into the database."""

    def __init__(self, journal: Journal, database: Engine) -> None:
        self.journal = journal
        self._writer = Writer(database, journal.shard)
        self.position: Position | None = None
        self._instruments: list[InstrumentSpecification] = []
        self._ledger: LedgerSettings | None = None

    def begin(self) -> None:
        """Find where the database is; leave `position` None as long as the shard has not begun."""
        self.position = self._writer.read_position()
        if self.position is None:
            state = self.journal.read_state()
            if state.id_key is None:
                return
            name = name_exchange(state.id_key, is_ephemeral=state.is_ephemeral)
            self.position = self._writer.begin(name)
        check_exchange(self.journal.read_state(), self.position)
        check_last_commit(self.journal, self.position)
        self.journal.announce(self.position.sequence)
        of = "" if self.journal.shard == 1 else f"shard {self.journal.shard} "
        logger.info("following %sfrom sequence %d", of, self.position.sequence)

    def take_page(self, *, waits: bool) -> Taken:
        """Write the next page, if there is one; if it `waits`, that is a while for one."""
        if self.position is None:
            self.begin()
            return Taken()
        page = self.journal.read_page(self.position.sequence, waits=waits)
        begin = time.monotonic()
        state = self.journal.read_state()  # after the page: Redis may have been emptied
        check_exchange(state, self.position)
        self._remember_settings(state)
        if page:
            self._say_if_gap(page[0], self.position)
            self.position = self._writer.write(page, self.position)
            self.journal.announce(self.position.sequence)
        return Taken(len(page), self.journal.is_full(page), time.monotonic() - begin)

    def clear(self) -> None:
        """Forget all, as the exchange does."""
        self._writer.clear()
        self.position = None
        self._instruments, self._ledger = [], None

    def _remember_settings(self, state: ExchangeState) -> None:
        """Write what the journal may have no more."""
        if state.instruments != self._instruments:
            self._writer.write_instruments(state.instruments)
            self._instruments = state.instruments
        if state.ledger is not None and state.ledger != self._ledger:
            self._writer.write_ledger(state.ledger)
            self._ledger = state.ledger

    @staticmethod
    def _say_if_gap(entry: JournalEntry, position: Position) -> None:
        if entry.previous != position.sequence:
            logger.error(
                "the journal was trimmed too early: sequences %d to %d are missing here for good;"
                " orders that were open then are marked as uncertain",
                position.sequence + 1,
                entry.previous,
            )


class Follower:
    """Follows the journals of all shards, the first one's first, into one database.

    One after the other, because one counter numbers the orders of all.
    """

    def __init__(
        self,
        journals: Sequence[Journal],
        database: Engine,
        retention: Retention,
        gathering: Gathering = GATHERING,
    ) -> None:
        self._gathering = gathering
        self._shards = [ShardFollower(journal, database) for journal in journals]
        self._database = database
        self._retention = retention
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Make `run` return after the current page."""
        self._stopping.set()

    def run(self) -> None:
        """Follow until stopped.

        Raise OtherExchange, NewerDatabase or JournalDamaged if only an operator can help; log
        anything else, once for each attempt, and try again.
        """
        while not self._stopping.is_set():
            try:
                self._follow()
            except BegunAnew:
                for shard in self._shards:
                    shard.clear()
            except SQLAlchemyError as error:
                self._back_off(f"database: {describe_trouble(error)}")
            except (RedisError, AnotherWriter) as error:
                self._back_off(f"{error}")

    def _back_off(self, trouble: str) -> None:
        logger.warning("%s: trying again in %.2f s", trouble, self._retry_seconds)
        self._database.dispose()
        self._stopping.wait(self._retry_seconds)
        self._retry_seconds = min(2 * self._retry_seconds, MAX_RETRY_SECONDS)

    def _follow(self) -> None:
        prepare_schema(self._database)
        first = self._shards[0]
        first.begin()
        while first.position is None and not self._stopping.is_set():
            self._stopping.wait(FIRST_RETRY_SECONDS)
            first.begin()
        for shard in self._shards[1:]:
            shard.begin()
        while not self._stopping.is_set():
            self._take_pages()

    def _take_pages(self) -> None:
        """Take a page of each shard, then rest as long as that is worth it."""
        is_one = len(self._shards) == 1
        taken = [shard.take_page(waits=is_one) for shard in self._shards]
        has_some = any(page.commits for page in taken)
        if has_some:
            self._retry_seconds = FIRST_RETRY_SECONDS
        if any(page.is_full for page in taken):
            return
        begin = time.monotonic()
        self._retention.apply()
        if has_some:
            seconds = sum(page.seconds for page in taken) + time.monotonic() - begin
            pause = max(self._gathering.seconds, self._gathering.ratio * seconds)
            pause = min(pause, MAX_GATHER_SECONDS)
            self._stopping.wait(pause)
        elif not is_one:
            self._wait_for_any()

    def _wait_for_any(self) -> None:
        begun = ((shard.journal.name, shard.position) for shard in self._shards)
        after = {name: position.sequence for name, position in begun if position is not None}
        self._shards[0].journal.wait_for_any(after)
