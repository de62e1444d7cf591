"""The loop: read a page, write it, announce it; after an error, start from the database again."""

import logging
import threading

from redis import RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from archive.database import describe_trouble
from archive.exchange_check import check_exchange, check_last_commit
from archive.journal import ExchangeState, Journal
from archive.records import name_exchange
from archive.retention import Retention
from archive.versions import prepare_schema
from archive.writer import AnotherWriter, Position, Writer
from protocol.assets import LedgerSettings
from protocol.instrument import InstrumentSpecification
from protocol.journal import JournalEntry

GATHER_SECONDS = 0.05
"""Pause when the archive has caught up, so that a transaction takes many commits: a sync to the
disk for each would cost more than these milliseconds are worth."""
FIRST_RETRY_SECONDS = 0.25
MAX_RETRY_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Follower:
    """Follows one journal into one database."""

    def __init__(self, journal: Journal, database: Engine, retention: Retention) -> None:
        self._journal = journal
        self._database = database
        self._retention = retention
        self._writer = Writer(database)
        self._instruments: list[InstrumentSpecification] = []
        self._ledger: LedgerSettings | None = None
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
        position = self._find_position()
        if position is None:
            return
        check_exchange(self._journal.read_state(), position)
        check_last_commit(self._journal, position)
        self._journal.announce(position.sequence)
        logger.info("following from sequence %d", position.sequence)
        while not self._stopping.is_set():
            position = self._take_page(position)

    def _find_position(self) -> Position | None:
        """Find where the database is; None if told to stop before there is an exchange."""
        position = self._writer.read_position()
        while position is None and not self._stopping.is_set():
            id_key = self._journal.read_state().id_key
            if id_key is not None:
                return self._writer.begin(name_exchange(id_key))
            self._stopping.wait(FIRST_RETRY_SECONDS)
        return position

    def _take_page(self, position: Position) -> Position:
        page = self._journal.read_page(position.sequence)
        state = self._journal.read_state()  # after the page: Redis may have been emptied
        check_exchange(state, position)
        self._remember_settings(state)
        if page:
            self._say_if_gap(page[0], position)
            position = self._writer.write(page, position)
            self._journal.announce(position.sequence)
            self._retry_seconds = FIRST_RETRY_SECONDS
        if not self._journal.is_full(page):
            self._retention.apply()
            self._stopping.wait(GATHER_SECONDS if page else 0)
        return position

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
