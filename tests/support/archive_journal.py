"""Journals for the archive's tests: made by the real handler, in memory or on a Redis."""

from collections.abc import Iterable, Sequence

from redis import Redis

from engine.exchange.batch import Batch
from protocol import channels, codec
from protocol.instrument import InstrumentTable
from protocol.journal import JournalEntry, entry_id
from tests.support.exchange import ID_KEY, Exchange, Json
from tests.support.instruments import make_instruments


def list_entries(batches: Iterable[Batch]) -> list[JournalEntry]:
    """Return the journal entries of `batches`."""
    return [batch.to_journal_entry() for batch in batches]


def publish_exchange(client: Redis, id_key: bytes = ID_KEY) -> None:
    """Write the state of an exchange that has just begun."""
    specifications = [instrument.specification for instrument in make_instruments()]
    table = codec.encode(InstrumentTable(specifications))
    client.hset(channels.STATE, channels.STATE_ID_KEY, id_key.hex())
    client.hset(channels.STATE, channels.STATE_INSTRUMENTS, table)


def commit_entries(client: Redis, entries: Sequence[JournalEntry]) -> None:
    """Append to the journal, as commits do."""
    with client.pipeline(transaction=True) as commit:
        for entry in entries:
            fields = entry.to_fields()
            pairs = dict(zip(fields[::2], fields[1::2], strict=True))
            commit.xadd(channels.JOURNAL, pairs, entry_id(entry.sequence).decode())  # type: ignore[arg-type]
            for field in (channels.STATE_SEQUENCE, channels.STATE_CONFIRMED):
                commit.hset(channels.STATE, field, entry.sequence)
        commit.execute()


def limit(
    side: str, quantity: str, price: str, client_order_id: str | None = None, **more: object
) -> Json:
    """Return a limit order for BTC-USDT."""
    order = {
        "symbol": "BTC-USDT",
        "side": side,
        "order_type": "limit",
        "quantity": quantity,
        "price": price,
    }
    return {**order, **({"client_order_id": client_order_id} if client_order_id else {}), **more}


def trade_once(exchange: Exchange, price: str = "60000", quantity: str = "0.1") -> None:
    """Send two orders that trade once."""
    exchange.send(limit("sell", quantity, price), limit("buy", quantity, price))
