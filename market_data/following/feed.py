"""The loop that follows the engine's channels and reads whatever is missing from the journal."""

import asyncio
import logging
import time

from redis.exceptions import RedisError

from edge.rare_log import RareLog
from market_data.following.chain import Chain, Link
from market_data.following.engine_redis import BrokenJournal, EngineRedis
from market_data.following.engine_state import PUBLIC_CHANNELS, EngineState
from market_data.following.engine_time import EngineTime
from market_data.following.feed_stats import FeedStats
from market_data.following.lag import Lag
from market_data.following.listener import MarketListener
from market_data.following.public_message import list_public_events, read_public_message
from market_data.following.subscription import Message, Subscription
from market_data.market.broken_event import BrokenEvent
from market_data.market.feed_status import FeedStatus
from market_data.market.market import Market
from protocol.channels import CLOCK_MOVES, RESETS
from protocol.events import ChannelMessage
from protocol.journal import MAX_VALUE_BYTES, JournalEntry

SECONDS_BETWEEN_CHECKS = 0.5
SECONDS_BETWEEN_EPHEMERAL_CHECKS = 0.02
"""Where the exchange is a test's, which waits for what it has done."""
SECONDS_AFTER_A_MOVE = 0.003
"""Of silence before a check follows a move of the clock: a test moves it a thousand times a second,
and waits for the last one."""
MAX_PAUSE_SECONDS = 2.0
EVENTS_A_TURN = 256
"""Events that are applied before everything else has its turn: there may be very many, in one
message or in several, and what they lead to has to be written meanwhile."""
SETTLING_MICROSECONDS = 1_000_000
"""Time from the engine's stamp to its commit. A trade that takes longer is rare, and corrects the
candles that were closed without it."""

logger = logging.getLogger(__name__)


class Feed:
    """Keeps a shard's market up to date and tells the listener what happens to it.

    It subscribes first, then reads the journal, then goes on live. After a gap, a lost tail or a
    broken connection it reads what is missing from the journal. If the journal does not continue
    what was received (a wiped data folder, a journal trimmed too far), it builds everything anew.
    """

    def __init__(
        self,
        redis: EngineRedis,
        market: Market,
        listener: MarketListener,
        status: FeedStatus,
        seconds_between_checks: float = SECONDS_BETWEEN_CHECKS,
        stats: FeedStats | None = None,
    ) -> None:
        self._seconds_between_checks = seconds_between_checks
        self.stats = stats or FeedStats()
        self._status = status
        self._redis = redis
        self._market = market
        self._listener = listener
        self._chain = Chain()
        self._lag = Lag()
        self._time = EngineTime()
        self._pause = 0.0
        self._events_this_turn = 0
        self._rare_log = RareLog(logger)
        self._has_clock_moved = False
        """Whether a command has moved the clock since the last check."""

    async def run(self) -> None:
        """Follow for ever; log whatever goes wrong, and try again after a pause."""
        while True:
            try:
                await self._redis.follow(self._follow)
            except (RedisError, OSError, BrokenJournal, BrokenEvent, ValueError) as error:
                self._say_lost(error)
            except Exception:  # nothing that is published may end the service
                logger.exception("unexpected: building everything anew")
                self._forget()
            self._status.is_connected = False
            await asyncio.sleep(self._pause)
            self._pause = min(MAX_PAUSE_SECONDS, self._pause * 2 or 0.05)

    async def _follow(self, subscription: Subscription) -> None:
        await self._resync(await self._redis.read_state())
        await self._check()
        self._say_live()
        while True:
            wait = self._measure_wait()
            messages = await subscription.take(wait) if wait > 0 else []
            if messages:
                await self._receive_all(messages)
            else:
                await self._check()

    def _measure_wait(self) -> float:
        """Measure how long it is until the next check, if no message comes before."""
        until_check = self._seconds_between_checks - self._status.seconds_since_check
        return min(until_check, SECONDS_AFTER_A_MOVE) if self._has_clock_moved else until_check

    async def _receive_all(self, messages: list[Message]) -> None:
        """Take messages; a check follows if one says that the clock was moved, or all is void."""
        for channel, data in messages:
            if channel == RESETS:
                await self._check()
            elif channel == CLOCK_MOVES:
                self._has_clock_moved = True
            else:
                await self._receive(channel, data)

    async def _receive(self, channel: str, data: bytes) -> None:
        """Take one message of a channel; count and ignore what is not the engine's."""
        self.stats.messages += 1
        try:
            message = read_public_message(channel, data)
        except BrokenEvent as error:
            self._refuse(channel, error)
            return
        link = self._chain.judge(channel, message, data)
        if link is Link.NEXT:
            await self._apply_live(channel, message, data)
        elif link is Link.DUPLICATE:
            self.stats.duplicates += 1
        elif link is Link.CONTRADICTION:
            await self._settle(channel, message, data)
        else:
            self.stats.gaps += 1
            await self._resync(await self._redis.read_state())

    async def _settle(self, channel: str, message: ChannelMessage, data: bytes) -> None:
        """Find out if `data` is the engine's: then what was applied in its place was not."""
        sequence = message.sequence
        journaled = await self._redis.read_journaled(sequence, channel) or b""
        is_notice = not message.events and len(journaled) > MAX_VALUE_BYTES
        if journaled != data and not is_notice:
            self._refuse(channel, BrokenEvent(f"not the engine's message {sequence}"))
            return
        self.stats.forged += 1
        state = await self._redis.read_state()
        self._start_over(f"{channel}: what came as message {sequence} was not the engine's", state)
        await self._resync(state)

    async def _apply_live(self, channel: str, message: ChannelMessage, data: bytes) -> None:
        """Apply a message and announce its events.

        If its first event is impossible, nothing has changed, and the message is ignored: if the
        engine did send it, the next message shows a gap. If a later event is impossible, the events
        before it were applied, and everything is built anew.
        """
        events_before = self.stats.events
        try:
            await self._apply(channel, message, data, is_live=True)
        except BrokenEvent as error:
            self._refuse(channel, error)
            if self.stats.events != events_before:
                state = await self._redis.read_state()
                self._start_over(str(error), state)
                await self._resync(state)

    async def _apply(
        self, channel: str, message: ChannelMessage, data: bytes, *, is_live: bool = False
    ) -> None:
        for event in list_public_events(message):
            self._market.apply(event)
            self.stats.events += 1
            if self._market.is_complete:
                self._listener.announce(event)
            self._events_this_turn += 1
            if self._events_this_turn >= EVENTS_A_TURN:
                await self._end_turn(is_live=is_live)
        if self._market.is_complete:
            self._listener.end_message()
        self._chain.advance(channel, message.sequence, data)

    async def _end_turn(self, *, is_live: bool) -> None:
        self._events_this_turn = 0
        if is_live:  # what is read from the journal is late already
            self._status.note_progress()
        await asyncio.sleep(0)

    async def _check(self) -> None:
        """Compare what was received with the engine's state, and resync if anything is missing."""
        asked_at = self._time.read(self._market.now)
        self._has_clock_moved = False
        state = await self._redis.read_state()
        clock = self._market.clock
        clock.note(state.clock_mode, state.clock)
        is_lost = self._chain.has_lost_tail(state)
        if is_lost or not self._chain.is_of(state):
            self.stats.lost_tails += is_lost
            await self._resync(state)
        self._market.exchange_id = state.exchange_id
        self._market.note_phases(state.phases)
        self._chain.note_complete(state)
        if self._chain.has_all(state):
            now = asked_at if clock.mode.is_real else clock.now()
            self._market.quiet_until = now - clock.mode.factor * SETTLING_MICROSECONDS
        behind = self._chain.count_behind(state)
        lag = self._lag.measure(time.monotonic(), state.last, self._chain.last)
        self._status.note_check(self._chain.complete, state.sequence, behind, lag)

    async def _resync(self, state: EngineState) -> None:
        """Read what is missing from the journal; build everything anew if it does not continue."""
        self.stats.resyncs += 1
        if not self._chain.is_of(state):
            self._start_over("the engine's state does not continue what was received", state)
        try:
            await self._catch_up(state)
        except (BrokenJournal, BrokenEvent) as error:
            if not self._market.is_complete:
                self._forget()
                raise
            self._start_over(str(error), state)
            await self._catch_up(state)
        if not self._market.is_complete:
            self._market.exchange_id = state.exchange_id
            self._market.is_complete = True
            self._listener.announce_rebuild()

    async def _catch_up(self, state: EngineState) -> None:
        """Apply every journal entry after the last complete commit, page by page.

        An empty market begins at the newest snapshot that can be read.
        """
        if self._chain.complete == 0 and not self._market.is_complete:
            await self._load_snapshot(state)
        page = await self._redis.read_journal(self._chain.complete)
        while page:
            for entry in page:
                await self._replay_entry(entry)
            page = await self._redis.read_journal(self._chain.complete)
        if self._chain.complete < state.sequence:
            raise BrokenJournal(f"the journal ends at {self._chain.complete}")

    async def _load_snapshot(self, state: EngineState) -> None:
        for sequence in state.snapshots:
            try:
                snapshot = await self._redis.read_snapshot(sequence)
                self._market.restore(snapshot)
            except (ValueError, BrokenEvent) as error:
                logger.warning("the snapshot at sequence %d is of no use: %s", sequence, error)
                self._market.clear()
            else:
                self._chain.restore(snapshot)
                self.stats.snapshots += 1
                return

    async def _replay_entry(self, entry: JournalEntry) -> None:
        if entry.previous != self._chain.complete:
            raise BrokenJournal(
                f"the journal continues {entry.previous}, not {self._chain.complete}"
            )
        for channel in PUBLIC_CHANNELS:
            if (data := entry.messages.get(channel)) is not None:
                await self._replay_message(channel, data)
        self._chain.complete = entry.sequence
        self.stats.journal_entries += 1

    async def _replay_message(self, channel: str, data: bytes) -> None:
        message = read_public_message(channel, data)
        link = self._chain.judge(channel, message, data)
        if link is Link.CONTRADICTION:
            raise BrokenJournal(f"{channel}: {message.sequence} is not what came as that")
        if link is Link.GAP:
            raise BrokenJournal(f"{channel}: {message.sequence} follows {message.previous}")
        if link is Link.NEXT:
            await self._apply(channel, message, data)

    def _start_over(self, reason: str, state: EngineState) -> None:
        if self._market.is_complete:
            self._listener.note_rebuild(self._chain.is_same_exchange(state))
            self.stats.rebuilds += 1
            logger.warning("building everything anew: %s", reason)
        self._forget(state)

    def _forget(self, state: EngineState | None = None) -> None:
        """Empty the market. `state` says whose events come next; the next check confirms it."""
        self._market.clear()
        self._chain.clear(state)
        self._lag.clear()

    def _refuse(self, channel: str, error: BrokenEvent) -> None:
        self.stats.garbage += 1
        self._rare_log.warn(f"ignored a message on {channel}: {error}")

    def _say_live(self) -> None:
        self._pause = 0.0
        logger.info("in sync at sequence %d", self._chain.complete)

    def _say_lost(self, error: Exception) -> None:
        if self._status.is_connected:
            self.stats.reconnects += 1
            logger.warning("lost the engine's channels: %s", error)
        else:
            self._rare_log.warn(f"not in sync yet: {error}")
