import asyncio
from unittest.mock import AsyncMock, Mock

import pytest

from market_data.following.feed import EVENTS_A_TURN, Feed
from market_data.market.feed_status import FeedStatus
from market_data.market.market import Market
from protocol.channels import TRADE_EVENTS
from protocol.codec import encode
from protocol.enums import Side
from protocol.events import ChannelMessage, Trade
from tests.unit.market_data.markets import make_instruments


def test_many_short_messages_are_applied_in_as_many_turns_as_a_long_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turn = AsyncMock()
    monkeypatch.setattr(asyncio, "sleep", turn)
    market = Market(make_instruments())
    feed = Feed(Mock(), market, Mock(), FeedStatus(market))

    async def run() -> None:
        for number in range(1, 3 * EVENTS_A_TURN + 1):
            trade = Trade(
                "BTC-USDT", number, "1", "1", Side.BUY, "1", "2", "2026-01-01T00:00:00.000000Z"
            )
            message = ChannelMessage(number - 1, number, [trade])
            await feed._receive(TRADE_EVENTS, encode(message))

    asyncio.run(run())
    assert feed.stats.events == 3 * EVENTS_A_TURN
    assert turn.await_count == 3
