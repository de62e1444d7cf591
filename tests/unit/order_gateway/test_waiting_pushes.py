"""In which order the requests of several accounts are pushed."""

import asyncio
from collections.abc import Iterable

import pytest

from order_gateway.queueing import waiting_pushes
from order_gateway.queueing.list_shares import (
    MAX_SHARE,
    SECONDS_OF_OTHERS,
    SECONDS_WITHOUT_PROGRESS,
    ListShares,
)
from order_gateway.queueing.waiting_pushes import QUANTUM, PendingPush, WaitingPushes

PUSH = 1024


class Clock:
    """Stands still unless it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """What waits, on a clock of its own."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.shares = ListShares(self.clock)
        self.waiting = WaitingPushes(self.shares)
        self._loop = asyncio.new_event_loop()

    def add(self, account: str, *sizes: int) -> list[bool]:
        return [self.waiting.add(self._make(account, size)) for size in sizes]

    def take(self, most: int = PUSH) -> list[tuple[str, int]]:
        return [(account, len(entries)) for account, entries, _ in self.waiting.take(most)]

    def close(self) -> None:
        self._loop.close()

    def _make(self, account: str, size: int) -> PendingPush:
        return account, (b"entry",) * size, self._loop.create_future()


@pytest.fixture
def desk() -> Iterable[Desk]:
    desk = Desk()
    yield desk
    desk.close()


def test_one_account_is_pushed_in_the_order_of_its_requests(desk: Desk) -> None:
    desk.add("alice", 1, 500, 2, 500, 3)
    assert desk.take() == [("alice", size) for size in (1, 500, 2, 500, 3)]
    assert not desk.waiting


def test_single_orders_do_not_wait_for_the_batches_before_them(desk: Desk) -> None:
    desk.add("hog", *[500] * 20)
    desk.add("alice", 1, 1)
    desk.add("bob", 1)
    assert desk.take()[:3] == [("alice", 1), ("alice", 1), ("bob", 1)]


def test_accounts_with_batches_share_a_push(desk: Desk) -> None:
    desk.add("hog", *[100] * 50)
    desk.add("alice", *[100] * 5)
    assert desk.take(400) == [("hog", 100), ("alice", 100)] * 2


def test_large_request_is_pushed_after_as_many_rounds_as_it_needs(desk: Desk) -> None:
    desk.add("hog", QUANTUM * 2)
    desk.add("alice", *[QUANTUM] * 4)
    accounts = [account for account, _ in desk.take(QUANTUM * 6)]
    assert accounts == ["alice", "hog", "alice", "alice", "alice"]


def test_one_account_alone_may_fill_the_list(desk: Desk) -> None:
    desk.add("hog", *[500] * 6)
    taken = desk.take() + desk.take()
    assert sum(size for _, size in taken) == 3000


def test_account_with_its_share_in_the_list_waits_while_others_trade(desk: Desk) -> None:
    desk.add("alice", 1)
    desk.take()
    desk.add("hog", *[500] * 4)
    assert desk.take() == [("hog", 500)]
    assert desk.take() == []
    desk.add("alice", 1)
    assert desk.take() == [("alice", 1)]
    desk.shares.note_depth(100)
    assert desk.take() == []
    desk.shares.note_depth(1)  # of alice
    assert desk.take() == [("hog", 500)]


def test_share_is_counted_by_entries_that_the_engine_has_taken_in_their_order(desk: Desk) -> None:
    desk.add("alice", 1)
    desk.take()
    desk.add("hog", *[100] * 8)
    assert len(desk.take()) == MAX_SHARE // 100
    desk.shares.note_depth(MAX_SHARE - 100 - 12)
    assert desk.take() == [("hog", 100)]


def test_nobody_is_held_back_once_others_are_gone(desk: Desk) -> None:
    desk.add("alice", 1)
    desk.take()
    desk.add("hog", 500, 500)
    desk.take()
    desk.shares.note_depth(499)
    desk.clock.now += SECONDS_OF_OTHERS / 2
    desk.shares.note_depth(498)
    assert desk.take() == []
    desk.clock.now += SECONDS_OF_OTHERS / 2 + 0.1
    assert desk.take() == [("hog", 500)]


def test_nobody_is_held_back_while_the_engine_is_away(desk: Desk) -> None:
    desk.add("alice", 1)
    desk.add("hog", 500, 500)
    desk.take()
    assert desk.take() == []
    desk.clock.now += SECONDS_WITHOUT_PROGRESS + 0.1
    assert desk.take() == [("hog", 500)]


def test_one_account_cannot_take_all_the_room(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_pushes, "MAX_WAITING", 10)
    monkeypatch.setattr(waiting_pushes, "MAX_WAITING_OF_ACCOUNT", 5)
    assert desk.add("hog", 3, 2, 1) == [True, True, False]
    assert desk.add("alice", 5) == [True]
    assert desk.add("bob", 1) == [False]
    assert desk.take() == [("hog", 3), ("hog", 2), ("alice", 5)]
    assert desk.add("bob", 1) == [True]


def test_what_was_taken_out_at_the_end_waits_no_more(desk: Desk) -> None:
    desk.add("alice", 1)
    desk.add("bob", 2)
    assert [account for account, _, _ in desk.waiting.take_all()] == ["alice", "bob"]
    assert not desk.waiting
    assert desk.waiting.find_last("alice") is None
