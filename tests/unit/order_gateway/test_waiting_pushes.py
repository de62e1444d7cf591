"""In which order the requests of several accounts are pushed."""

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

    def add(self, account: str, *sizes: int) -> list[bool]:
        return [self.waiting.add(self._make(account, size)) for size in sizes]

    def take(self, most: int = PUSH) -> list[tuple[str, int]]:
        return [(part.request.account, len(part.entries)) for part in self.waiting.take(most)]

    def _make(self, account: str, size: int) -> PendingPush:
        return PendingPush(account, (b"entry",) * size, lambda _: None)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_one_account_is_pushed_in_the_order_of_its_requests(desk: Desk) -> None:
    desk.add("alice", 1, 500, 2, 500, 3)
    assert desk.take() == [("alice", size) for size in (1, 500, 2, 500, 3)]
    assert not desk.waiting


def test_single_orders_do_not_wait_for_the_batches_before_them(desk: Desk) -> None:
    desk.add("hog", *[500] * 20)
    desk.add("alice", 1, 1)
    desk.add("bob", 1)
    assert desk.take()[:4] == [("hog", QUANTUM), ("alice", 1), ("alice", 1), ("bob", 1)]


def test_accounts_with_batches_push_them_in_parts_in_turn(desk: Desk) -> None:
    desk.add("hog", 500)
    desk.add("alice", 10, 100)
    rounds = [("hog", QUANTUM), ("alice", 10), ("alice", QUANTUM - 10)]
    assert desk.take() == rounds
    desk.shares.note_depth(QUANTUM)  # of alice
    assert desk.take() == [("hog", QUANTUM)]
    desk.shares.note_depth(QUANTUM)  # of the hog
    assert desk.take() == [("alice", 100 + 10 - QUANTUM)]


def test_one_account_alone_may_fill_the_list(desk: Desk) -> None:
    desk.add("hog", *[500] * 6)
    taken = desk.take() + desk.take()
    assert taken == [("hog", 500)] * 6


def test_account_with_its_share_in_the_list_waits_while_others_trade(desk: Desk) -> None:
    desk.add("alice", 1)
    desk.take()
    desk.add("hog", *[500] * 4)
    assert desk.take() == [("hog", MAX_SHARE)]
    assert desk.take() == []
    desk.add("alice", 1)
    assert desk.take() == [("alice", 1)]
    desk.shares.note_depth(11)
    assert desk.take() == [("hog", MAX_SHARE - 10)]


def test_what_is_left_of_a_failed_request_is_withdrawn(desk: Desk) -> None:
    desk.add("alice", 1)
    desk.take()
    desk.add("hog", 500, 3)
    [part] = desk.waiting.take(PUSH)
    assert desk.waiting.withdraw(part.request) == 500 - MAX_SHARE
    assert desk.waiting.withdraw(part.request) == 0
    desk.shares.note_depth(0)
    assert desk.take() == [("hog", 3)]


def test_nobody_is_held_back_once_others_are_gone(desk: Desk) -> None:
    desk.add("alice", 1)
    desk.take()
    desk.add("hog", 500, 500)
    desk.take()
    assert desk.take() == []
    desk.clock.now += SECONDS_OF_OTHERS + 0.1
    desk.shares.note_depth(MAX_SHARE - 1)
    assert desk.take() == [("hog", 500 - MAX_SHARE), ("hog", 500)]


def test_nobody_is_held_back_while_the_engine_is_away(desk: Desk) -> None:
    desk.add("alice", 1)
    desk.add("hog", 500, 500)
    desk.take()
    assert desk.take() == []
    desk.clock.now += SECONDS_WITHOUT_PROGRESS + 0.1
    assert desk.take() == [("hog", 500 - MAX_SHARE), ("hog", 500)]


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
    assert [part.request.account for part in desk.waiting.take_all()] == ["alice", "bob"]
    assert not desk.waiting
    assert desk.waiting.find_last("alice") is None
