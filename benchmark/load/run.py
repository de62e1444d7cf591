"""Run one load: open the streams, send on schedule, wait for what comes of it, read the costs."""

import asyncio
import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Never

import uvloop
from tqdm import tqdm

from benchmark.load.options import LIST, MIX, WEBSOCKET, Plan
from benchmark.load.sending.cleanup import cancel_orders
from benchmark.load.sending.dispatch import dispatch
from benchmark.load.sending.list_sender import ListSender
from benchmark.load.sending.recorded import read_recorded
from benchmark.load.sending.requests import Request, make_requests
from benchmark.load.sending.rest_sender import RestSender
from benchmark.load.sending.steps import Step, make_mix, make_pairs
from benchmark.load.system import Target
from benchmark.load.watching.engine import EngineTimes, read_engine_times
from benchmark.load.watching.evidence import Clock, Evidence
from benchmark.load.watching.ledger import Ledger
from benchmark.load.watching.processes import Costs, ProcessWatch
from benchmark.load.watching.reports import ReportWatch
from benchmark.shared.feed_watch import FeedWatch
from benchmark.shared.market import Spot, find_instrument, find_spot

DRAIN_SECONDS = 30.0
_POLL_SECONDS = 0.02


@dataclass
class Run:
    """What was sent and what came of it; everything by the step's number."""

    plan: Plan
    steps: list[Step]
    ledger: Ledger
    feed: FeedWatch
    reports: ReportWatch | None
    evidence: Evidence
    before: EngineTimes
    after: EngineTimes
    costs: Costs
    clock: Clock


def run_load(target: Target, plan: Plan, *, is_quiet: bool = False) -> Run:
    """Run one load; raises LookupError, OSError, httpx.HTTPError or RedisError if that fails."""
    spots = [
        find_spot(
            target.gateway, target.market_data, symbol, must_be_empty=plan.needs_reports,
            headers=plan.headers,
        )
        for symbol in plan.symbols
    ]  # fmt: skip
    steps = _make_steps(target, plan, spots)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, _without_pauses():
            return runner.run(_Load(target, plan, steps, is_quiet).run())
    finally:
        if plan.needs_reports:
            cancel_orders(target, plan)


def _make_steps(target: Target, plan: Plan, spots: Sequence[Spot]) -> list[Step]:
    count = max(2, int(plan.rate * plan.seconds))
    if plan.replay is not None:
        instrument = find_instrument(target.gateway, plan.symbols[0], plan.headers)
        return read_recorded(plan.replay, instrument, count)
    return make_mix(spots, count) if plan.flow == MIX else make_pairs(spots, count)


@contextmanager
def _without_pauses() -> Iterator[None]:
    """Switch the garbage collector off, whose pauses of milliseconds would make orders late."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


class _Load:
    """One load under way."""

    def __init__(self, target: Target, plan: Plan, steps: list[Step], is_quiet: bool) -> None:
        self._target = target
        self._plan = plan
        self._steps = steps
        self._ledger = Ledger(len(steps))
        self._unanswered = len(steps)
        self._done = asyncio.Event()
        self._bar: tqdm[Never] = tqdm(
            total=len(steps), unit=" orders", mininterval=0.5, disable=is_quiet
        )

    async def run(self) -> Run:
        """Run it from the first connection to the last order seen."""
        plan, target, clock = self._plan, self._target, Clock()
        requests = make_requests(self._steps, plan.rate, plan.batch)
        before = await read_engine_times(target.market_data)
        async with AsyncExitStack() as stack:
            feed, reports = await self._open_streams(stack)
            sender = await self._open_sender()
            stack.push_async_callback(sender.close)
            watch, began = ProcessWatch(target.processes), time.perf_counter()
            await self._send(requests, sender)
            costs = watch.measure(time.perf_counter() - began)
            await self._wait_until_seen(feed, reports)
        self._bar.close()
        after = await read_engine_times(target.market_data, before.commands + len(self._steps))
        evidence = Evidence(self._ledger, feed, reports, clock)
        return Run(
            plan, self._steps, self._ledger, feed, reports, evidence, before, after, costs, clock
        )

    async def _open_streams(self, stack: AsyncExitStack) -> tuple[FeedWatch, ReportWatch | None]:
        plan = self._plan
        query = f"?channels=trades,bbo&symbols={','.join(plan.symbols)}"
        feed = await stack.enter_async_context(
            FeedWatch(self._target.feed_url + query, plan.symbols)
        )
        if not plan.needs_reports:
            return feed, None
        reports = ReportWatch(self._target.reports_url, plan.headers)
        return feed, await stack.enter_async_context(reports)

    async def _open_sender(self) -> RestSender | ListSender:
        plan, target = self._plan, self._target
        if plan.mode != LIST:
            sender = RestSender(self._ledger, self._note_answer)
            connect = sender.open_streams if plan.mode == WEBSOCKET else sender.open
            return await connect(target.gateway, plan.connections, plan.headers)
        if not target.redis_url:
            raise LookupError("--mode list needs the system's Redis: give it by --redis")
        pusher = ListSender(self._ledger, self._note_answer, self._steps, plan.account)
        return await pusher.open(target.redis_url)

    async def _send(self, requests: list[Request], sender: RestSender | ListSender) -> None:
        """Send all requests, each at its time, and wait for the answers."""
        await dispatch(requests, self._ledger, sender.submit)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._done.wait()
        except TimeoutError:
            self._ledger.refuse("no answer", self._unanswered)

    def _note_answer(self, steps: int) -> None:
        self._unanswered -= steps
        self._bar.update(steps)
        if not self._unanswered:
            self._done.set()

    async def _wait_until_seen(self, feed: FeedWatch, reports: ReportWatch | None) -> None:
        ids = self._ledger.order_ids.values()
        changes = self._ledger.changes
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline and not feed.is_closed:
            if reports is None:
                is_complete = all(order_id in feed.arrivals for order_id in ids)
            else:
                is_complete = all(
                    len(reports.by_order.get(order_id, ())) > len(changes.get(order_id, ()))
                    for order_id in ids
                )
            if is_complete:
                return
            await asyncio.sleep(_POLL_SECONDS)
