"""Every name on Redis. Keys are the first shard's; `shards.ShardNames` has those of each."""

from protocol.shards import FIRST

ORDER_QUEUE = FIRST.order_queue
"""List of accepted, not yet matched entries; its length is what is pending."""

STATE = FIRST.state
"""Hash with the engine's state; its fields are the `STATE_*` names below."""
JOURNAL = FIRST.journal
"""Stream of commits; an entry's id is `<sequence>-0`, its fields are `journal.JournalEntry`."""
LEASE = FIRST.lease
"""String with the token of the engine that owns the state; it expires if that engine is gone."""
LEASE_MILLISECONDS = 3_000
"""How long the lease outlives its engine."""
STANDBY_LEASE_MILLISECONDS = 1_000
"""How long it does if that engine was a standby, so that others are there that wait for its end."""
DEAD = FIRST.dead
"""List of entries that could not be used, as JSON of `events.DeadEntry`."""
STANDBYS = FIRST.standbys
"""Hash with a field for each standby: when it was last seen, and JSON of `standbys.Standby`."""

STATE_OWNER = "owner"
STATE_READY = "ready"
STATE_LEASE = "lease_milliseconds"
"""How long the lease lives after a renewal by the engine that is ready, at least."""
STATE_EPOCH = "epoch"
STATE_SEQUENCE = "sequence"
STATE_RECOVERED = "recovered"
"""On a cluster the owner that has recovered: it writes this to know that a replica has it all."""
STATE_CONFIRMED = "confirmed"
"""On a cluster the last sequence that a replica has, too: nobody reads the journal beyond it."""
STATE_ID_KEY = "id_key"
STATE_INSTRUMENTS = "instruments"
STATE_PROTOCOL = "protocol_version"
STATE_CLOSED_ORDERS = "closed_orders"
STATE_CLOCK = "clock"
"""The machine's clocks at the last commit, so that whoever goes on knows what has elapsed since; if
the exchange's clock is not the real one, also the stamp. `exchange_clock.Mark` is its form."""
STATE_CLOCK_MODE = "clock_mode"
"""How the exchange's time goes, as it was when the exchange began; real if the field is missing."""
STATE_EPHEMERAL = "ephemeral"
"""Set if the exchange began as one that a `reset` begins anew."""
STATE_SEED = "seed"
"""What the exchange makes its keys for order ids of; missing if it draws them."""
STATE_RESETS = "resets"
"""How often the exchange has begun anew."""
STATE_LEVEL = "level"
"""The level at which the exchange began; it is the first one if the field is missing."""
STATE_SNAPSHOTS = "snapshots"
STATE_ATTEMPT = "attempt"
STATE_ARCHIVE_SEQUENCE = "archive_sequence"
STATE_HALTED = "halted"
"""JSON array of the symbols of instruments that are not `continuous`, written after the commit that
changes it."""
STATE_PHASES = "phases"
"""JSON object: symbol → phase of those instruments, written likewise."""
STATE_LEDGER = "ledger"
"""The ledger's settings in force, written after the commit that changes them."""
STATE_TRANSFERS = "transfers"
"""JSON object: shard → number of the last transfer received from it, written after the commit. The
sender keeps a transfer, and pushes it again, until its number stands here."""
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

CLOCK_MOVES = "clock_moves"
"""Channel on which each `advance` says the exchange's new time, a timestamp."""

RESETS = "exchange_resets"
"""Channel on which each `reset` says that all that was known is void; the messages are empty."""

ORDER_REPLIES = "order_replies"


snapshot_key = FIRST.snapshot_key
snapshot_key_pattern = FIRST.snapshot_key_pattern
unfinished_snapshot_key = FIRST.unfinished_snapshot_key
claim_key = FIRST.claim_key
claim_key_pattern = FIRST.claim_key_pattern
companion_pattern = FIRST.companion_pattern


def binance_key(name: str) -> str:
    """Return the key of what the workers of the Binance gateway share under `name`."""
    return f"{{{ORDER_QUEUE}}}:binance:{name}"


def binance_key_pattern() -> str:
    """Return a glob for every key of the Binance gateway."""
    return binance_key("*")


def last_sequence_field(channel: str) -> str:
    """Return the field of `STATE` with the sequence of the last message on `channel`."""
    return f"last:{channel}"


def reply_channel(worker: str) -> str:
    """Return the channel on which the gateway worker `worker` receives its replies."""
    return f"{ORDER_REPLIES}:{worker}"
