"""A client that comes back: what it gets, in which pieces, and what it costs."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from market_data.fanout.hub import Hub
from market_data.fanout.hub_stats import HubStats
from market_data.fanout.state_renderer import StateRenderer
from market_data.fanout.streams import TRADES, Stream
from market_data.fanout.subscriber import Subscriber
from market_data.market.feed_status import FeedStatus
from market_data.market.market import TRADES_KEPT, Market
from market_data.sessions.resume import TRADES_A_PAGE, Resume, ReturningClient
from market_data.sessions.resume_budget import TRADES_A_SECOND, TRADES_AT_ONCE, ResumeBudget
from tests.unit.market_data.markets import BTC, delta, make_instruments, trade


def make_market(trades: int) -> Market:
    market = Market(make_instruments())
    for trade_id in range(1, trades + 1):
        market.apply(trade(trade_id))
    market.is_complete = True
    return market


def test_held_trades_come_in_pages_between_which_others_have_their_turn() -> None:
    market = make_market(4_500)
    written: list[bytes] = []
    turns: list[int] = []
    renderer = StateRenderer(market, FeedStatus(market))
    hub = Hub(lambda _: None, renderer.render, HubStats())
    subscriber = Subscriber(written.append, lambda *_: None, lambda *_: None, hub.stats)
    hub.add(subscriber, [])

    async def drain() -> None:
        turns.append(len(written))
        if len(turns) == 2:
            market.apply(trade(4_501))

    connection: Any = SimpleNamespace(drain=drain)
    client = ReturningClient(subscriber, connection, ResumeBudget(lambda: 0.0))
    resume = Resume(hub, renderer, market, None)
    asyncio.run(resume.run(client, Stream(TRADES, BTC), 100))
    assert turns == [1, 2, 3, 4]
    sizes = [piece.count(b'"trade_id"') for piece in written]
    assert sizes == [TRADES_A_PAGE] * 4 + [401]
    assert b"".join(written) == b"".join(map(renderer.trades.render, market[BTC].trades_after(100)))
    assert subscriber.streams == {Stream(TRADES, BTC)}


@pytest.mark.parametrize(
    ("after", "limit", "ids"),
    [(0, 2, [3, 4]), (3, 2, [4, 5]), (5, 9, [6, 7]), (6, 1, [7]), (7, 3, []), (9, 3, [])],
)
def test_the_next_trades_after_an_id(after: int, limit: int, ids: list[int]) -> None:
    view = make_market(7)[BTC]
    for _ in range(2):
        view.trades.popleft()
    assert [each.trade_id for each in view.next_trades(after, limit)] == ids


def test_a_trade_is_encoded_once_and_another_of_its_id_is_another() -> None:
    market = make_market(1)
    trades = StateRenderer(market, FeedStatus(market)).trades
    first, later = trade(1), trade(1 + TRADES_KEPT)
    frame = trades.render(first)
    assert trades.render(first) is frame
    assert trades.render(trade(1)) is not frame
    assert trades.render(later) != frame


def test_a_snapshot_is_encoded_once_for_each_update() -> None:
    market = make_market(0)
    books = StateRenderer(market, FeedStatus(market)).books
    market.apply(delta(1, bids=[("60000.00", "1.00000")]))
    frame = books.render(BTC, "subscribed")
    assert books.render(BTC, "subscribed") is frame
    assert b'"reason":"resumed"' in books.render(BTC, "resumed")
    assert books.render(BTC, "subscribed") is frame
    market.apply(delta(2, bids=[("60000.00", "2.00000")]))
    assert b'"2.00000"' in books.render(BTC, "subscribed")
    market.clear()
    market.apply(delta(1, bids=[("60000.00", "3.00000")]))
    market.apply(delta(2, bids=[("60001.00", "3.00000")]))
    assert b'"3.00000"' in books.render(BTC, "subscribed")


def test_who_owes_trades_waits_and_who_owes_none_may_ask_for_any_number() -> None:
    now = [0.0]
    budget = ResumeBudget(lambda: now[0])
    budget.charge(TRADES_AT_ONCE - 1)
    assert budget.seconds_to_wait() == 0
    budget.charge(3 * int(TRADES_A_SECOND))
    assert budget.seconds_to_wait() == 3
    now[0] += 2.5
    assert budget.seconds_to_wait() == 1
    now[0] += budget.seconds_to_wait()
    assert budget.seconds_to_wait() == 0
    now[0] += 3600.0
    assert budget.seconds_to_wait() == 0
    budget.charge(TRADES_AT_ONCE)
    assert budget.seconds_to_wait() == 1
