"""Every name on Redis."""

from hashlib import blake2b

ORDER_QUEUE = "order_queue"
"""List of accepted, not yet matched entries; its length is what is pending."""

_COMPANIONS = "{order_queue}"  # the braces keep the list and its companions in one cluster slot

STATE = f"{_COMPANIONS}:state"
"""Hash with the engine's state; its fields are the `STATE_*` names below."""
JOURNAL = f"{_COMPANIONS}:journal"
"""Stream of commits; an entry's id is `<sequence>-0`, its fields are `journal.JournalEntry`."""
LEASE = f"{_COMPANIONS}:lease"
"""String with the token of the engine that owns the state; it expires if that engine is gone."""
LEASE_MILLISECONDS = 3_000
"""How long the lease outlives its engine."""
DEAD = f"{_COMPANIONS}:dead"
"""List of entries that could not be used, as JSON of `events.DeadEntry`."""

STATE_OWNER = "owner"
STATE_READY = "ready"
STATE_EPOCH = "epoch"
STATE_SEQUENCE = "sequence"
STATE_ID_KEY = "id_key"
STATE_INSTRUMENTS = "instruments"
STATE_PROTOCOL = "protocol_version"
STATE_CLOSED_ORDERS = "closed_orders"
STATE_CLOCK = "clock"
"""The machine's clocks at the last commit, so that whoever goes on knows what has elapsed since."""
STATE_LEVEL = "level"
"""The level at which the exchange began; it is the first one if the field is missing."""
STATE_SNAPSHOTS = "snapshots"
STATE_ATTEMPT = "attempt"
STATE_ARCHIVE_SEQUENCE = "archive_sequence"
STATE_HALTED = "halted"
"""JSON array of the symbols of halted instruments, written after the commit that changes it."""
STATE_LEDGER = "ledger"
"""The ledger's settings in force, written after the commit that changes them."""
STATE_DURABILITY = "durability"
"""Why an accepted order may be lost: Redis was told to keep less than it did. Else empty."""
STATE_FIGURES = "figures"
"""JSON of `figures.EngineFigures`, written at most once a second while there is work."""

TRADE_EVENTS = "trade_events"
ORDER_BOOK_UPDATES = "order_book_updates"
BBO_UPDATES = "bbo_updates"
EXECUTION_REPORTS = "execution_reports"

EVENT_CHANNELS = (TRADE_EVENTS, ORDER_BOOK_UPDATES, BBO_UPDATES, EXECUTION_REPORTS)
"""Channels whose messages are chained by `previous` and journaled under the channel's name."""

ORDER_REPLIES = "order_replies"


def snapshot_key(sequence: int) -> str:
    """Return the key of the list with the parts of the snapshot at `sequence`."""
    return f"{_COMPANIONS}:snapshot:{sequence}"


def unfinished_snapshot_key(sequence: int, writer: str) -> str:
    """Return the key of what `writer` has written so far of the snapshot at `sequence`."""
    return f"{snapshot_key(sequence)}:{writer}"


def claim_key(account: str, idempotency_key: str) -> str:
    """Return the key of an idempotency key's command, a string `<sequence> <request id> <body>`."""
    digest = blake2b(f"{account}\0{idempotency_key}".encode(), digest_size=16).hexdigest()
    return f"{_COMPANIONS}:claim:{digest}"


def snapshot_key_pattern() -> str:
    """Return a glob for every snapshot's key, finished or not."""
    return f"{_COMPANIONS}:snapshot:*"


def claim_key_pattern() -> str:
    """Return a glob for the key of every idempotency key's command."""
    return f"{_COMPANIONS}:claim:*"


def companion_pattern() -> str:
    """Return a glob for every key of the exchange but the list itself."""
    return f"{_COMPANIONS}:*"


def last_sequence_field(channel: str) -> str:
    """Return the field of `STATE` with the sequence of the last message on `channel`."""
    return f"last:{channel}"


def reply_channel(worker: str) -> str:
    """Return the channel on which the gateway worker `worker` receives its replies."""
    return f"{ORDER_REPLIES}:{worker}"
