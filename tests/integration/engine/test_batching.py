"""How commands were batched shows nowhere but in the cut of the journal."""

import json
from typing import Any, NamedTuple

import pytest
from redis import Redis

from engine.service import Limits, Service
from engine.storage.journal import read_journal
from engine.storage.recovery import recover_exchange
from protocol import channels, codec
from protocol.limits import InstrumentLimits, TradingLimits
from protocol.snapshot import BookSnapshot
from tests.support.engine_service import make_clock
from tests.support.faults import CrashPoint, connect_until
from tests.support.faults_flow import TIMER_SECONDS, Flow, draw_every_kind
from tests.support.instruments import make_instruments
from tests.support.redis_client import open_redis

NOON = 1_767_268_800_000_000
LATER = NOON + TIMER_SECONDS * 1_000_000
CLOSED_ORDERS = 1000
TIGHT = TradingLimits(2, {"SOL-USDT": InstrumentLimits(max_quantity="4")})


class History(NamedTuple):
    """What commands led to, without the cut of the commits."""

    commands: list[bytes]
    reports: list[dict[str, Any]]
    trades: list[dict[str, Any]]
    dead: list[bytes]
    books: list[BookSnapshot]
    state_hash: int


def match(url: str, flow: Flow, max_batch: int) -> tuple[History, int]:
    """What a fresh exchange makes of `flow`, and in how many commits."""
    with open_redis(url) as client:
        client.flushall()
        client.hset(channels.STATE, channels.STATE_ID_KEY, "00" * 32)
        for entries, now in ((flow.first, NOON), (flow.rest, LATER)):
            client.rpush(channels.ORDER_QUEUE, *entries)
            serve(url, max_batch, now)
        return read_history(client), client.xlen(channels.JOURNAL)


def serve(url: str, max_batch: int, now: int) -> None:
    """An engine until the list is empty."""
    services: list[Service] = []

    def connect() -> Redis:
        return connect_until(url, CrashPoint(), lambda: services[0].stop())

    limits = Limits(max_batch, CLOSED_ORDERS)
    services.append(Service(connect, make_instruments(), make_clock(now), limits))
    services[0].run()


def read_history(client: Redis) -> History:
    exchange = recover_exchange(client, make_instruments(), CLOSED_ORDERS)
    journal = list(read_journal(client, 0))
    events: dict[str, list[dict[str, Any]]] = {name: [] for name in channels.EVENT_CHANNELS}
    for entry in journal:
        for channel, message in entry.messages.items():
            events[channel] += json.loads(message)["events"]
    return History(
        [command for entry in journal for command in codec.split_entries(entry.commands)],
        events[channels.EXECUTION_REPORTS],
        events[channels.TRADE_EVENTS],
        client.lrange(channels.DEAD, 0, -1),  # type: ignore[arg-type]
        exchange.export().books,
        exchange.matcher.state_hash(),
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_same_events_by_command_and_same_state_at_batch_1_and_512(
    redis_url: str, seed: int
) -> None:
    flow = draw_every_kind(seed, 1500, LATER, TIGHT, TradingLimits())
    one_by_one, commits = match(redis_url, flow, max_batch=1)
    assert commits == len(flow.first) + len(flow.rest)
    assert len(one_by_one.trades) > 100
    assert {report["reason"] for report in one_by_one.reports} >= {
        "cancel_after", "cancel_all", "fok_not_fillable", "instrument_halted", "queue_cleared",
        "quantity_out_of_range", "unreadable_entry", "would_trade",
    }  # fmt: skip
    for max_batch in (7, 512):
        batched, commits = match(redis_url, flow, max_batch)
        assert commits == sum(-(-len(entries) // max_batch) for entries in flow)
        assert batched == one_by_one
