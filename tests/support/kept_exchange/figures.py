"""Figures of a kept exchange: digests and counts of what lies in its files and what it answers."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import cast

from redis import Redis

from engine.audit.record import Record
from engine.audit.verify import verify_record
from protocol import channels
from protocol.journal import JournalEntry
from tests.support.kept_exchange.files import History, Json
from tests.support.market_rest import read_market

_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    " AND name != 'schema_version' ORDER BY name"
)
_DEPTH = 1_000_000
_LASTING = (
    channels.STATE_SEQUENCE, channels.STATE_ARCHIVE_SEQUENCE, channels.STATE_SNAPSHOTS,
    channels.STATE_HALTED, channels.STATE_CLOSED_ORDERS, channels.STATE_PROTOCOL,
    channels.STATE_INSTRUMENTS,
)  # fmt: skip
_COUNTED = {
    "command": "commands", "order_type": "order_types",
    "self_trade_prevention": "self_trade_prevention",
}  # fmt: skip


def digest(values: Iterable[bytes]) -> str:
    """SHA-256 of `values`, each behind its length."""
    hashed = sha256()
    for value in values:
        hashed.update(b"%d:%b" % (len(value), value))
    return hashed.hexdigest()


def measure_journal(history: History) -> Json:
    """Digests of the whole journal, and of what lies in it by name."""
    commits = [entry.read() for entry in history.entries]
    parts = ((entry.id, *entry.fields) for entry in history.entries)
    return {
        "commits": len(commits),
        "sequence": history.sequence,
        "state_hash": commits[-1].state_hash.decode(),
        "entries": digest(value for part in parts for value in part),
        "commands": digest(commit.commands for commit in commits),
        "state_hashes": digest(commit.state_hash for commit in commits),
        "messages": {
            channel: digest(_list_messages(commits, channel)) for channel in channels.EVENT_CHANNELS
        },
        "snapshots": {str(at): digest([raw]) for at, raw in sorted(history.snapshots.items())},
    }


def measure_archive(file: Path, like: Json | None = None) -> Json:
    """Rows of each table by primary key: their number, and a digest of their values.

    Tables and columns are those of `like`, figures made before, or all: later versions add some.
    """
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
        names = list(like) if like else [name for (name,) in database.execute(_TABLES)]
        return {
            name: _measure_table(database, name, like[name]["columns"] if like else None)
            for name in names
        }


def measure_state(client: Redis) -> Json:
    """What lies beside the journal and has to outlive a start."""
    state = {
        name.decode(): value.decode()
        for name, value in cast("dict[bytes, bytes]", client.hgetall(channels.STATE)).items()
    }
    lasting = {*map(channels.last_sequence_field, channels.EVENT_CHANNELS), *_LASTING}
    dead = cast("list[bytes]", client.lrange(channels.DEAD, 0, -1))
    return {
        **{name: value for name, value in sorted(state.items()) if name in lasting},
        "dead": {"entries": len(dead), "sha256": digest(dead)},
    }


def measure_books(market_data_url: str, history: History) -> Json:
    """Every level of every symbol's book, as the feed's REST shows it."""
    books = {}
    for instrument in history.make_instruments():
        path = f"/v1/orderbook/{instrument.symbol}?depth={_DEPTH}"
        book = read_market(market_data_url, path)
        books[instrument.symbol] = {
            "last_update_id": book["last_update_id"],
            "bids": [f"{quantity} at {price}" for price, quantity in book["bids"]],
            "asks": [f"{quantity} at {price}" for price, quantity in book["asks"]],
        }
    return books


def measure_verification(client: Redis, like: Json | None = None) -> Json:
    """What `python -m engine verify` reports, but how long it took; only what `like` has too."""
    report = asdict(verify_record(Record(client)))
    return {name: report[name] for name in like or report if name != "seconds"}


def count_kinds(history: History) -> Json:
    """How often each command, type, mode, status and reason is in the journal."""
    counts: dict[str, Counter[str]] = {
        name: Counter() for name in (*_COUNTED.values(), "statuses", "reasons")
    }
    for entry in history.entries:
        commit = entry.read()
        for command in json.loads(commit.commands):
            _count_command(command, counts)
        for report in _read_reports(commit):
            counts["statuses"][report.get("status", "command_rejected")] += 1
            if report["reason"]:
                counts["reasons"][report["reason"]] += 1
    return {name: dict(sorted(counter.items())) for name, counter in counts.items()}


def _count_command(command: Json, counts: dict[str, Counter[str]]) -> None:
    for name, plural in _COUNTED.items():
        word = command.get(name, "new" if name == "command" else None)
        if isinstance(word, str):
            counts[plural][word] += 1


def _list_messages(commits: Iterable[JournalEntry], channel: str) -> Iterator[bytes]:
    return (commit.messages[channel] for commit in commits if channel in commit.messages)


def _read_reports(commit: JournalEntry) -> Iterator[Json]:
    message = commit.messages.get(channels.EXECUTION_REPORTS)
    yield from json.loads(message)["events"] if message else ()


def _measure_table(database: sqlite3.Connection, name: str, columns: str | None) -> Json:
    described = database.execute(f"PRAGMA table_info({name})").fetchall()
    key = [row[1] for row in sorted(described, key=lambda row: row[5]) if row[5]]
    columns = columns or ", ".join(row[1] for row in described)
    rows = database.execute(f"SELECT {columns} FROM {name} ORDER BY {', '.join(key)}")
    values = [json.dumps(row).encode() for row in rows]
    return {"columns": columns, "rows": len(values), "sha256": digest(values)}
