"""Runs an exchange that does something of each kind, and keeps what it leaves behind.

`python -m tests.support.kept_exchange FOLDER` writes a new folder beside those that are kept
already. A folder that is kept is never written again: the README in it says why.
"""

import json
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random

import httpx
import msgspec

from launcher.redis.server import connect
from protocol.enums import CommandType, OrderType, Reason, SelfTradePrevention
from tests.support.archive_service import wait_until_archive_is_there
from tests.support.kept_exchange import refusals, scenes
from tests.support.kept_exchange.figures import (
    count_kinds,
    measure_archive,
    measure_books,
    measure_journal,
    measure_state,
    measure_verification,
)
from tests.support.kept_exchange.files import (
    ARCHIVE,
    DATA,
    FIGURES,
    FILES,
    HISTORY,
    INSTRUMENTS,
    SETTINGS,
    History,
    Json,
)
from tests.support.kept_exchange.market import draw_entries, play_market
from tests.support.kept_exchange.replay import replay_history
from tests.support.kept_exchange.stage import Stage
from tests.support.launched_system import REAL, launch

LIMITS = {
    "min_quantity": "1", "max_quantity": "10000", "min_notional": "1", "max_notional": "5000",
    "price_band": "0.2",
}  # fmt: skip
BEFORE = {
    "BTC-USDT": {"tick_size": "0.01", "lot_size": "0.00001"},
    "ETH-USDT": {"tick_size": "0.01", "lot_size": "0.0001"},
    "SOL-USDT": {"tick_size": "0.001", "lot_size": "0.001"},
    "XRP-USDT": {"tick_size": "0.0001", "lot_size": "0.1"},
    "LTC-USDT": {"tick_size": "0.05", "lot_size": "0.01"},
}
AFTER = {
    **BEFORE,
    "XRP-USDT": BEFORE["XRP-USDT"] | LIMITS,
    "DOGE-USDT": {"tick_size": "0.00001", "lot_size": "1"},
}
"""From the second run on: an instrument that is listed later, and limits of another."""
REASONS = list(Reason)
ENGINE_REASONS = REASONS[: REASONS.index(Reason.INVALID_SECONDS) + 1]
"""Those that an engine gives; the ones behind them are the services' own."""
SEED = 20
PENNIES = 0.5
"""What the cheap instruments cost."""
CHUNK = 60
LEAD = 25
"""Commands before a snapshot is due in which `play_unsettled` begins: it needs a few more."""
PACKED = ("goquant.json", ARCHIVE, "redis/appendonlydir/*")
"""What a start needs; the rest is written anew by each."""


def main() -> None:
    """Make the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        history = History()
        answers = run_exchange(work, history)
        (work / HISTORY).write_bytes(msgspec.msgpack.encode(history))
        figures = {**measure(work, history), **answers}
        pack(work, folder / FILES)
        (work / INSTRUMENTS).rename(folder / INSTRUMENTS)
    (folder / FIGURES).write_text(json.dumps(figures, indent=1) + "\n")


def run_exchange(work: Path, history: History) -> Json:
    """Play everything on a data folder in `work`; what the exchange answers at the end."""
    drawn = draw_entries(SEED)
    with open_stage(work, history, BEFORE) as (stage, _):
        play_first_run(stage, drawn)
    with open_stage(work, history, AFTER) as (stage, market_data_url):
        play_second_run(stage, drawn)
        wait_until_archive_is_there(stage.redis)
        stage.keep_state()
        return {
            "state": measure_state(stage.redis),
            "verification": measure_verification(stage.redis),
            "books": measure_books(market_data_url, history),
        }


def play_first_run(stage: Stage, drawn: Iterator[bytes]) -> None:
    """Before there are limits, and an instrument that is not listed yet."""
    doge = {"symbol": "DOGE-USDT", "side": "buy", "order_type": "market", "quantity": "7"}
    stage.push(doge, doge | {"client_order_id": "early"})
    refusals.play_name_of_the_past(stage, "SOL-USDT")
    scenes.play_order_types(stage, "SOL-USDT")
    scenes.play_self_trades(stage, "SOL-USDT")
    scenes.play_cascade(stage, "LTC-USDT")
    stage.push(*islice(drawn, CHUNK))


def play_second_run(stage: Stage, drawn: Iterator[bytes]) -> None:
    """Four snapshots, something else between any two, and some more behind the last."""
    random = Random(SEED)
    scenes.play_changes(stage, "SOL-USDT")
    refusals.play_repeats(stage, "SOL-USDT")
    come_to_snapshot(stage, drawn)
    refusals.play_limits(stage, "XRP-USDT")
    refusals.play_wrong_entries(stage, "SOL-USDT")
    play_market(stage, random, "DOGE-USDT", PENNIES, 150)
    come_to_snapshot(stage, drawn)
    scenes.play_order_types(stage, "DOGE-USDT")
    scenes.play_sweep(stage, "SOL-USDT")
    refusals.play_halt(stage, "SOL-USDT", resumes=True)
    come_to_snapshot(stage, drawn)
    scenes.play_timers(stage, "SOL-USDT")
    refusals.play_cleared_queue(stage, "SOL-USDT")
    refusals.play_name_of_the_past(stage, "SOL-USDT")
    play_market(stage, random, "XRP-USDT", PENNIES, 200)
    come_to_snapshot(stage, drawn)
    play_market(stage, random, "DOGE-USDT", PENNIES, 100)
    stage.push(*islice(drawn, CHUNK))
    scenes.play_self_trades(stage, "DOGE-USDT")
    refusals.play_halt(stage, "LTC-USDT", resumes=False)


def come_to_snapshot(stage: Stage, drawn: Iterator[bytes]) -> None:
    """Drawn commands until a snapshot is due, and it is taken of much that is not settled."""
    due = max(stage.history.snapshots, default=0) + int(SETTINGS["SNAPSHOT_INTERVAL"]) - LEAD
    while stage.history.sequence < due:
        stage.push(*islice(drawn, min(CHUNK, due - stage.history.sequence)))
    scenes.play_unsettled(stage, "SOL-USDT")


@contextmanager
def open_stage(
    work: Path, history: History, instruments: dict[str, dict[str, str]]
) -> Iterator[tuple[Stage, str]]:
    """The whole system on the data folder in `work`, as long as the context."""
    file = work / INSTRUMENTS
    file.write_text("\n".join(format_instrument(*item) for item in instruments.items()))
    with launch(REAL, work / DATA, INSTRUMENTS_FILE=str(file), **SETTINGS) as system:
        record = system.wait_until_ready()
        with (
            connect(record.redis.url) as redis,
            httpx.Client(base_url=record.gateway_url, timeout=30) as gateway,
        ):
            yield Stage(redis, gateway, history), record.market_data_url


def format_instrument(symbol: str, terms: dict[str, str]) -> str:
    """A table of the instruments file."""
    base, quote = symbol.split("-")
    values = {"symbol": symbol, "base_asset": base, "quote_asset": quote} | terms
    return "[[instrument]]\n" + "".join(f'{name} = "{text}"\n' for name, text in values.items())


def measure(work: Path, history: History) -> Json:
    """All that can be said of the files; raises AssertionError if something is missing in them."""
    kinds = count_kinds(history)
    assert set(kinds["commands"]) >= set(CommandType)
    assert set(kinds["order_types"]) >= set(OrderType)
    assert set(kinds["self_trade_prevention"]) >= set(SelfTradePrevention)
    missing = [reason for reason in ENGINE_REASONS if reason not in kinds["reasons"]]
    assert not missing, missing
    replay = replay_history(history)
    return {
        "kinds": kinds,
        "journal": measure_journal(history),
        "saved": {name: replay[name] for name in ("saved_core", "saved_exchange")},
        "archive": measure_archive(work / DATA / ARCHIVE),
    }


def pack(work: Path, file: Path) -> None:
    """Data folder and history as one file, without a word of who made it, where and when."""
    log = work / DATA / f"{ARCHIVE}-wal"
    assert not log.exists() or not log.stat().st_size, "the archive was not closed"
    paths = [path for pattern in PACKED for path in sorted((work / DATA).glob(pattern))]
    with tarfile.open(file, "w:xz", preset=9) as files:
        for path in (*paths, work / HISTORY):
            files.add(path, str(path.relative_to(work)), filter=make_anonymous)


def make_anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """`member` without owner and time."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o644
    return member


if __name__ == "__main__":
    main()
