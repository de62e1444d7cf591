"""The engine's loop: recover, then read, handle, commit; after any doubt recover again."""

import gc
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from redis import Redis, RedisError

from engine.clock import Clock
from engine.exchange.batch import MAX_BATCH_SIZE, Batch
from engine.exchange.exchange import Exchange
from engine.exchange.ledger import settle_settings
from engine.exchange.levels import NEWEST, Level
from engine.exchange.own_entries import make_configuration, make_timer_entry
from engine.meter import Meter
from engine.order_path.handler import Handler, HandlingFailed
from engine.storage.boards import LedgerBoard, PhaseBoard
from engine.storage.durability import DurabilityWatch
from engine.storage.ephemeral import is_ephemeral, reset_exchange
from engine.storage.lease import Fenced, Lease
from engine.storage.order_queue import CommitRefused, CommitTooLarge, OrderQueue
from engine.storage.recovery import recover_exchange
from engine.storage.snapshot_store import measure_newest
from engine.storage.snapshots import SnapshotWriter
from engine.storage.state import Birth, StateConflict, read_clock_mode
from engine.storage.succession import RETRY_SECONDS, Succession
from engine.storage.transfers import TransferPost
from engine.storage.writes import write_anyway
from engine.suspicion import Suspicion
from engine.turns import Turn, choose_turn, find_reset, split_advance
from protocol import channels
from protocol.assets import LedgerSettings, check_worth, number_assets
from protocol.channels import LEASE_MILLISECONDS, STANDBY_LEASE_MILLISECONDS
from protocol.instrument import Instrument
from protocol.limits import DEFAULT_MAX_OPEN_ORDERS, TradingLimits
from protocol.shards import FIRST, ShardNames

ROUND_SECONDS = 0.25
"""How long a backlog may keep the engine from its timers and figures."""
MAX_RETRY_SECONDS = 2.0
CLUSTER_RETRY_SECONDS = 0.2
"""On a cluster another node takes the place of one that died, within seconds."""

logger = logging.getLogger(__name__)


class BegunAnew(Exception):
    """Nothing that this engine knows is true any more."""


@dataclass(frozen=True)
class Limits:
    """Entries per commit, closed orders kept, commands per snapshot, open orders per account."""

    max_batch: int = 512
    closed_orders: int = 100_000
    snapshot_interval: int = 100_000
    max_open_orders: int = DEFAULT_MAX_OPEN_ORDERS


class Service:
    """One engine on the list of one shard.

    `connect` opens a connection. `is_after_crash` says that the engine before this one crashed,
    over an entry that is still to be found. `folder` holds the owner files of this machine's
    engines. `durability` is the least that Redis must keep to. `birth` counts when the
    exchange begins. A standby follows the journal while another engine serves.
    `reach` returns a client of another shard's Redis, if that may be another.
    """

    def __init__(
        self,
        connect: Callable[[], Redis],
        instruments: Sequence[Instrument],
        clock: Clock,
        limits: Limits,
        is_after_crash: bool = False,
        folder: Path | None = None,
        ledger: LedgerSettings | None = None,
        durability: str | None = None,
        birth: Birth = Birth(),  # noqa: B008 - it cannot change
        names: ShardNames = FIRST,
        *,
        is_standby: bool = False,
        reach: Callable[[ShardNames], Redis] | None = None,
    ) -> None:
        self._connect = connect
        self._first = reach(FIRST) if reach else None
        self._names = names
        self._client = connect()
        self._instruments = instruments
        self._clock = clock
        self._birth = birth
        self._limits = limits
        self._ledger = ledger
        self._stopping = threading.Event()
        least = STANDBY_LEASE_MILLISECONDS if is_standby else LEASE_MILLISECONDS
        self._lease = Lease(self._client, names, least)
        self._succession = Succession(
            self._client, self._lease, folder, self._stopping, names, is_standby=is_standby
        )
        self._phases = PhaseBoard(self._client, names)
        self._ledger_board = LedgerBoard(self._client, names)
        self._transfers = TransferPost(self._client, names, reach)
        self._meter = Meter(self._write_figures)
        self._durability = DurabilityWatch(self._client, durability, names)
        self._snapshots = SnapshotWriter(self._client, connect, limits.snapshot_interval, names)
        self._suspicion = Suspicion(
            self._client, 2 * limits.max_batch if is_after_crash else 0, names
        )
        self._poisonous: frozenset[bytes] = frozenset()
        self._failures = 0
        self._is_ephemeral = False
        self._has_turns = False
        """Whether some entries begin a commit, or are in none."""

    def stop(self) -> None:
        """Finish the batch in hand and return from `run`."""
        self._stopping.set()

    def run(self) -> None:
        """Serve until stopped.

        Raises StateConflict or JournalDamaged if only an operator can help; it logs any other error
        and recovers.
        """
        try:
            while not self._stopping.is_set():
                self._serve_until_doubt()
        finally:
            try:
                self._succession.release()
            finally:
                self._client.connection_pool.disconnect()

    def _serve_until_doubt(self) -> None:
        try:
            self._serve()
        except Fenced as fenced:
            logger.warning("%s: waiting for my turn", fenced)
        except CommitRefused as refused:
            logger.warning("commit refused (%s): recovering", refused)
        except BegunAnew:
            self._poisonous = frozenset()
            logger.info("all begins anew")
        except (HandlingFailed, CommitTooLarge) as failed:
            logger.exception("recovering; the entry will be rejected")
            self._poisonous |= {failed.entry}
        except RedisError as error:
            self._failures += 1
            longest = CLUSTER_RETRY_SECONDS if self._names.is_clustered else MAX_RETRY_SECONDS
            pause = min(RETRY_SECONDS * 2 ** min(self._failures, 8), longest)
            logger.warning("Redis: %s: recovering in %.2g s", error, pause)
            if self._names.is_clustered:  # some connections may be to a primary that is none now
                self._client.connection_pool.disconnect()
            self._stopping.wait(pause)

    def _serve(self) -> None:
        """Take the state over and serve, until something goes wrong."""
        self._durability.learn()  # before anybody takes the exchange for begun
        if not self._succession.take_over():
            return
        self._snapshots.abandon()
        warm = self._succession.take_memory()
        if warm is None:
            gc.collect()  # an error may still hold the last exchange: two may not fit into memory
        size = 0 if warm else measure_newest(self._client, self._names)
        allowed = self._lease.allow_for_recovery(size)
        with self._lease.kept(self._connect, allowed):
            exchange = recover_exchange(
                self._client,
                self._instruments,
                self._limits.closed_orders,
                self._birth,
                self._names,
                warm,
                self._first,
            )
        mark = cast(bytes | None, self._client.hget(self._names.state, channels.STATE_CLOCK))
        self._clock.begin(exchange.timestamp, mark, read_clock_mode(self._client, self._names))
        self._is_ephemeral = is_ephemeral(self._client, self._names)
        self._has_turns = self._is_ephemeral or self._clock.mode.is_manual
        self._lease.allow_for(exchange.matcher.open_orders())
        self._lease.renew()
        self._snapshots.begin()
        self._suspicion.begin()
        self._failures = 0
        self._phases.begin()
        self._ledger_board.begin()
        self._transfers.begin()
        self._durability.begin()
        self._show(exchange)
        with OrderQueue(self._client, self._names) as queue:
            queue.confirm_recovered(self._lease.owner, exchange.sequence, exchange.last_published)
            self._configure(exchange, queue)
            ready = channels.STATE_READY, self._lease.owner, channels.STATE_LEASE, self._lease.least
            write_anyway(self._client, "HSET", self._names.state, *ready)
            logger.info("ready, epoch %s", self._lease.epoch)
            handler = Handler(exchange)
            while not self._stopping.is_set():
                self._serve_once(handler, queue)

    def _show(self, exchange: Exchange) -> None:
        self._phases.show(exchange.rules, self._lease.owner)
        self._ledger_board.show(exchange.ledger.settings, self._lease.owner)

    def _serve_once(self, handler: Handler, queue: OrderQueue) -> None:
        """Match what is there now, or wait a little."""
        exchange = handler.exchange
        self._lease.allow_for(exchange.matcher.open_orders())
        if queue.wait_for_entries(self._limit_batch()):
            self._match_backlog(handler, queue)
        else:
            self._lease.renew()
        self._show(exchange)
        self._durability.look_when_due()
        self._push_timer_entry(exchange, queue)
        self._transfers.advance(exchange, queue, self._lease.owner)
        self._meter.note_clock_jumps(self._clock.jumps)
        self._meter.write_when_due()
        self._snapshots.advance(exchange, self._lease.owner, queue.is_full)

    def _match_backlog(self, handler: Handler, queue: OrderQueue) -> None:
        """Match batch by batch, each while the one before is on its way to the disk.

        At the end nothing is on its way: memory and stored state are at the same sequence.
        """
        end = time.monotonic() + ROUND_SECONDS
        set_aside: set[bytes] = set()
        while queue.known:
            if self._has_turns:
                self._confirm(queue)
                self._prepare_turn(handler.exchange, queue)
            batch = self._handle(handler, queue.known[: self._limit_batch()])
            self._confirm(queue)
            self._poisonous -= set_aside
            set_aside = {entry for entry in self._poisonous if entry in batch.taken}
            if batch.measure() >= MAX_BATCH_SIZE:
                self._lease.extend()
            queue.send(batch, self._lease.owner, self._clock.mark, self._lease.milliseconds)
            self._meter.note_sent()
            if time.monotonic() > end or self._has_other_duty(handler.exchange):
                break
        self._confirm(queue)
        self._poisonous -= set_aside

    def _has_other_duty(self, exchange: Exchange) -> bool:
        """Whether there is something to do that must wait until nothing is on its way."""
        return (
            self._stopping.is_set()
            or self._phases.is_outdated(exchange.rules)
            or self._snapshots.is_due(exchange.sequence)
        )

    def _limit_batch(self) -> int:
        return self._suspicion.limit(self._limits.max_batch)

    def _handle(self, handler: Handler, entries: list[bytes]) -> Batch:
        if self._suspicion.is_poisonous(handler.exchange.sequence, entries[0]):
            self._poisonous |= {entries[0]}
        turn = choose_turn(entries, self._poisonous) if self._has_turns else Turn(entries)
        self._meter.start()
        batch = handler.handle(turn.entries, *self._clock.take(turn.advance), self._poisonous)
        self._meter.note_matched(len(batch.taken))
        batch.is_clock_moved &= not turn.is_passing  # nobody has to know a time that is over
        return batch

    def _prepare_turn(self, exchange: Exchange, queue: OrderQueue) -> None:
        """If all is to begin anew, do it; if the clock is to move over what is due, stop it there.

        Raises BegunAnew after the first.
        """
        raw = queue.known[0]
        entry = find_reset(raw) if self._is_ephemeral else None
        if entry is not None:
            self._snapshots.abandon()
            reset_exchange(self._client, raw, entry, self._lease.owner)
            raise BegunAnew
        if self._clock.mode.is_manual and (parts := split_advance(raw, exchange)):
            queue.replace_first(parts, self._lease.owner)

    def _confirm(self, queue: OrderQueue) -> None:
        batch = queue.confirm()
        if batch is not None:
            self._meter.note_confirmed(len(batch.taken), batch.rejects)

    def _write_figures(self, text: bytes) -> None:
        write_anyway(self._client, "HSET", self._names.state, channels.STATE_FIGURES, text)

    def _configure(self, exchange: Exchange, queue: OrderQueue) -> None:
        """If other limits or an earlier level are in force, put ours before all that waits."""
        wanted = TradingLimits.of(self._limits.max_open_orders, self._instruments)
        ledger = self._settle_ledger(exchange)
        is_ledger_new = ledger is not None and ledger != exchange.ledger.settings
        if wanted != exchange.rules.limits or exchange.level < NEWEST or is_ledger_new:
            queue.put_first(make_configuration(wanted, ledger if is_ledger_new else None))

    def _settle_ledger(self, exchange: Exchange) -> LedgerSettings | None:
        """Return the ledger's settings that should be in force; None if there is to be none."""
        if self._ledger is None:
            return None
        now = exchange.ledger.settings
        is_new = exchange.sequence == 0
        try:
            if is_new:
                check_worth(self._instruments, number_assets(self._ledger.assets))
            settled = settle_settings(self._ledger, now, is_new=is_new)
        except ValueError as error:
            way_out = (
                "change it in the instruments file"
                if is_new
                else "put it back in the instruments file, or start empty"
                " (python start_system.py reset)"
            )
            raise StateConflict(f"{error}: {way_out}") from None
        if settled.balances is not self._ledger.balances:
            logger.warning(
                "BALANCES stays %s, as it was when this exchange began", settled.balances
            )
        return settled

    def _push_timer_entry(self, exchange: Exchange, queue: OrderQueue) -> None:
        """If a timer or an order's end is due, push a timer entry behind all that waits."""
        elapsed = exchange.elapsed + self._clock.measure()
        is_due = exchange.timers.is_due(elapsed) or (
            exchange.expiries.is_due(self._clock.foresee())
            and not exchange.timers.is_announced(elapsed)
        )
        if exchange.level >= Level.ELAPSED and is_due:
            queue.put_last(make_timer_entry(elapsed))
            exchange.timers.note_announced(elapsed)
