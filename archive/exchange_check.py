"""Refuses a database and a journal that do not belong together."""

from archive.journal import ExchangeState, Journal
from archive.records import EPHEMERAL, is_name_of
from archive.writer import Position

_WAY_OUT = (
    "give this exchange another DATABASE_URL (or DATA_DIR), or move that database away:"
    " it is built anew from what the journal still has"
)


class OtherExchange(Exception):
    """The database is another exchange's, or has commits of this one that Redis does not have."""


class BegunAnew(Exception):
    """The exchange forgot all that has happened, as it may: so does the database."""


def check_exchange(state: ExchangeState, position: Position) -> None:
    """Raise OtherExchange if `state` is another exchange's, or is behind `position`.

    Raise BegunAnew if both the exchange and the database's may begin anew.
    """
    if state.id_key is None or not is_name_of(position.exchange, state.id_key):
        if state.is_ephemeral and position.exchange.startswith(EPHEMERAL):
            raise BegunAnew
        raise OtherExchange(f"the database is that of another exchange: {_WAY_OUT}")
    if state.sequence < position.sequence:
        raise OtherExchange(
            f"the database is at sequence {position.sequence}, the exchange only at"
            f" {state.sequence}, so its Redis has lost what was committed: {_WAY_OUT}"
        )


def check_last_commit(journal: Journal, position: Position) -> None:
    """Raise OtherExchange if the journal has another commit at the sequence of `position`."""
    oldest = journal.find_oldest()
    if position.sequence == 0 or oldest is None or oldest.sequence > position.sequence:
        return
    entry = journal.find_entry(position.sequence)
    stored = (position.timestamp, position.state_hash)
    if entry is None or (entry.timestamp, entry.state_hash.decode()) != stored:
        raise OtherExchange(
            f"the journal has another history at sequence {position.sequence}: {_WAY_OUT}"
        )
