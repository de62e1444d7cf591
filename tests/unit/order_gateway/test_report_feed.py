"""What waits for all private streams together is bounded."""

from typing import Any, cast

import pytest

from order_gateway.account import report_feed
from order_gateway.account.report_feed import ReportFeed
from order_gateway.account.report_listener import Listener, Told


def listen(feed: ReportFeed, account: str, waiting: int, unsent: int = 0) -> Listener:
    """Return a listener for whom so many bytes wait, and lie in its connection."""
    listener = Listener(account, lambda: unsent)
    listener.put(Told(1, "execution_report", b"r" * waiting))
    feed._listeners[account].add(listener)
    return listener


def test_the_account_with_most_loses_what_waits_once_it_is_too_much_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report_feed, "MAX_HELD_BYTES", 1_000)
    feed = ReportFeed("redis://localhost", cast("Any", None))
    shared = [listen(feed, "alice", 400) for _ in range(3)]  # the same bytes for all of them
    slow = listen(feed, "bob", 100, unsent=500)
    feed._bound_held_bytes()
    assert not any(each.is_lost for each in (*shared, slow))
    quick = listen(feed, "carol", 1)
    feed._bound_held_bytes()
    assert slow.is_lost
    assert not any(each.is_lost for each in (*shared, quick))


def test_feeds_of_several_shards_share_what_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_feed, "MAX_HELD_BYTES", 1_000)
    lost = {}
    for feeds in (1, 2):
        feed = ReportFeed("redis://localhost", cast("Any", None), feeds=feeds)
        listener = listen(feed, "alice", 600)
        feed._bound_held_bytes()
        lost[feeds] = listener.is_lost
    assert lost == {1: False, 2: True}
