"""The run file in the data folder: what the sub-commands know of the running system."""

import signal
from contextlib import suppress
from pathlib import Path

import msgspec

from launcher.supervision.private_text import write_private_text
from launcher.supervision.processes import ProcessId
from protocol.run_file import RUN_FILE, Place, RunFile, identify_place
from protocol.stream_urls import make_feed_url, make_order_stream_url


class ServiceRecord(msgspec.Struct, frozen=True):
    """A service; `process` is null while it waits to be started again."""

    name: str
    process: ProcessId | None
    health: str | None


class RunRecord(RunFile, frozen=True, kw_only=True):
    """The running system: its processes, its shards, and where it listens.

    `binance_url`: null if off. The other URLs are empty if that service runs on other machines.
    """

    launcher: ProcessId
    gateway_url: str
    market_data_url: str
    services: list[ServiceRecord]
    is_ready: bool
    binance_url: str | None = None
    shards: tuple[int, ...] = (1,)

    @property
    def feed_url(self) -> str:
        """URL of the market data's WebSocket."""
        return self.market_data_url and make_feed_url(self.market_data_url)

    @property
    def order_stream_url(self) -> str:
        """URL of the WebSocket of an account's own orders."""
        return self.gateway_url and make_order_stream_url(self.gateway_url)

    def find_service(self, name: str) -> ServiceRecord | None:
        """Return the service `name`, None if there is none."""
        return next((record for record in self.services if record.name == name), None)


def write_run_record(folder: Path, record: RunRecord) -> None:
    """Replace the run file in one step; only its owner may read it: a URL may have a password.

    Raises OSError if it cannot be written, or if another folder has taken the place of `folder`.
    """
    if not record.is_of(folder):
        raise FileNotFoundError(f"{folder} is another folder now")
    unfinished = folder / f"{RUN_FILE}.new"
    write_private_text(unfinished, msgspec.json.encode(record).decode())
    unfinished.replace(folder / RUN_FILE)


def read_run_record(folder: Path) -> RunRecord | None:
    """Read which system runs, or last ran, on `folder`; None if no file of it is there.

    A file that came with a copied or moved folder, or from before the machine's restart, is not of
    it: the processes that it names are another system's.
    """
    try:
        record = msgspec.json.decode((folder / RUN_FILE).read_bytes(), type=RunRecord)
        return record if record.is_of(folder) else None
    except (OSError, msgspec.DecodeError):
        return None


def find_running_system(folder: Path) -> RunRecord | None:
    """Return the system that runs on `folder` now, None if none does."""
    record = read_run_record(folder)
    return record if record and record.launcher.is_alive else None


def remove_run_record(folder: Path, place: Place) -> None:
    """Delete the run file of a system that has stopped, unless its `place` is elsewhere now."""
    with suppress(OSError):
        if identify_place(folder) == place:
            (folder / RUN_FILE).unlink(missing_ok=True)


def end_leftovers(folder: Path, seconds: float = 2.0) -> None:
    """Wait for what a killed launcher left, which is dying by itself; kill what does not.

    What a living launcher owns is left alone.
    """
    record = read_run_record(folder)
    if record is None or record.launcher.is_alive:
        return
    for process in [service.process for service in record.services]:
        if process and not process.wait(seconds):
            process.send(signal.SIGKILL)
            process.wait(seconds)
