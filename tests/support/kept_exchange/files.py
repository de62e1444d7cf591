"""The exchange that an earlier version left behind: its files, read as they were written.

`tests/fixtures/README.md` says what is in them.
"""

import json
import tarfile
from pathlib import Path
from typing import Any, cast

import msgspec
from redis import Redis

from launcher.setup.environment import ROOT
from protocol import channels
from protocol.instrument import Instrument, InstrumentTable
from protocol.journal import JournalEntry, parse_entry_id

Json = dict[str, Any]

KEPT = ROOT / "tests" / "fixtures" / "exchange_0_1_0"
FILES = "exchange.tar.xz"
FIGURES = "figures.json"
INSTRUMENTS = "instruments.toml"
SETTINGS = {"CLOSED_ORDERS": "400", "MAX_OPEN_ORDERS": "150", "SNAPSHOT_INTERVAL": "1200"}
"""What the exchange ran with, beside its instruments; another value would be a new `configure`."""

DATA = "data"
ARCHIVE = "archive.sqlite3"
HISTORY = "history.msgpack"


class KeptEntry(msgspec.Struct, frozen=True):
    """An entry of the journal's stream, `fields` names and values in turn."""

    id: bytes
    fields: list[bytes]

    @property
    def pairs(self) -> dict[bytes, bytes]:
        """Value by name, in the stream's order."""
        return dict(zip(self.fields[::2], self.fields[1::2], strict=True))

    def read(self) -> JournalEntry:
        """The commit that it is."""
        return JournalEntry.from_stream(self.id, self.pairs)


class History(msgspec.Struct):
    """What was ever committed: `state` is the hash at the end, `snapshots` are all by sequence.

    Redis keeps two snapshots and the journal behind the older of them; this has all of both.
    """

    state: dict[bytes, bytes] = {}
    snapshots: dict[int, bytes] = {}
    entries: list[KeptEntry] = []

    @property
    def sequence(self) -> int:
        """Of the last commit."""
        return parse_entry_id(self.entries[-1].id) if self.entries else 0

    def make_instruments(self) -> list[Instrument]:
        """The instruments as the state has them."""
        table = self.state[channels.STATE_INSTRUMENTS.encode()]
        return msgspec.json.decode(table, type=InstrumentTable).to_instruments()

    def read_state(self, field: str) -> str:
        """A field of the state."""
        return self.state[field.encode()].decode()


def unpack_exchange(folder: Path, kept: Path = KEPT) -> Path:
    """The data folder, `folder`/data, beside the file with the history."""
    with tarfile.open(kept / FILES) as files:
        files.extractall(folder, filter="data")
    return folder / DATA


def read_history(folder: Path) -> History:
    """The history beside an unpacked data folder."""
    return msgspec.msgpack.decode((folder / HISTORY).read_bytes(), type=History)


def read_figures(kept: Path = KEPT) -> Json:
    """What the version that wrote the files said about them."""
    return cast("Json", json.loads((kept / FIGURES).read_text()))


def write_journal(client: Redis, history: History) -> None:
    """The whole journal, and the state that goes with it, onto an empty Redis."""
    with client.pipeline(transaction=True) as pipeline:
        pipeline.hset(channels.STATE, mapping=history.state)  # type: ignore[arg-type]
        for entry in history.entries:
            pipeline.execute_command("XADD", channels.JOURNAL, entry.id, *entry.fields)  # type: ignore[no-untyped-call]
        pipeline.execute()
