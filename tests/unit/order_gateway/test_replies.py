"""How many replies may be waited for, and by whom."""

import asyncio
from contextlib import ExitStack

import pytest

from order_gateway.errors import Unavailable
from order_gateway.queueing import replies
from order_gateway.queueing.replies import Replies


def test_an_account_that_waits_for_all_its_replies_leaves_room_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replies, "MAX_WAITING_OF_ACCOUNT", 3)
    monkeypatch.setattr(replies, "MAX_WAITING", 5)

    async def run() -> None:
        expected = Replies("redis://127.0.0.1:1", "worker")
        with ExitStack() as hog:
            for _ in range(3):
                hog.enter_context(expected.expect("hog"))
            with pytest.raises(Unavailable):
                expected.expect("hog")
            with (
                expected.expect("trader"),
                expected.expect("trader"),
                pytest.raises(Unavailable),
            ):
                expected.expect("third")
            with expected.expect("third"):
                pass
        with expected.expect("hog"):
            pass

    asyncio.run(run())
