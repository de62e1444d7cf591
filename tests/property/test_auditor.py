"""The auditor finds what it is there to find: each broken book here is caught by it."""

from collections.abc import Callable
from itertools import islice

import pytest

from engine.core import OrderType, Side
from engine.core.reference.book import Book, Level, Levels, Order
from engine.core.reference.matcher import Matcher
from tests.support.core_auditor import Auditor
from tests.support.core_flow import FLOWS, SYMBOLS, Flow

COMMANDS = 40_000
"""Most before a broken book has to be found; what is broken rarely shows takes thousands."""


def audit(seed: int, matcher: Matcher) -> list[str]:
    auditor = Auditor()
    for step in islice(Flow(seed, FLOWS["narrow"]), COMMANDS):
        auditor.read(step.run(matcher))
        if auditor.findings:
            break
    return auditor.findings


def test_a_sound_book_has_no_findings(seed: int) -> None:
    assert audit(seed, Matcher(SYMBOLS)) == []


def test_a_book_that_serves_the_last_order_first_is_caught(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Level, "first", lambda level: next(reversed(level.orders.values())))
    assert "out of turn" in audit(seed, Matcher(SYMBOLS))[0]


def test_a_book_that_passes_over_the_best_price_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def second(levels: Levels) -> Level:
        return [level for _, level in levels][:2][-1]

    monkeypatch.setattr(Levels, "first", second)
    matcher, auditor = Matcher(), Auditor()
    auditor.read(matcher.new(0, 1, 1, Side.SELL, OrderType.LIMIT, 5, 100))
    auditor.read(matcher.new(0, 2, 1, Side.SELL, OrderType.LIMIT, 5, 101))
    assert auditor.findings == []
    auditor.read(matcher.new(0, 3, 2, Side.BUY, OrderType.LIMIT, 5, 101))
    assert "trade-through" in auditor.findings[0]


def test_a_book_that_is_left_crossed_is_caught(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Book, "would_trade", lambda *_: False)
    assert "crossed" in audit(seed, Matcher(SYMBOLS))[0]


def test_a_book_that_forgets_a_trade_in_its_level_is_caught(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resize: Callable[[Matcher, Order, int, int], None] = Matcher._resize

    def forgetful(matcher: Matcher, order: Order, remaining: int, filled: int) -> None:
        resize(matcher, order, remaining, filled)
        if remaining:
            levels, price = matcher._books[order.symbol].queues(order)
            levels[price].quantity += 1

    monkeypatch.setattr(Matcher, "_resize", forgetful)
    assert "wrong level" in audit(seed, Matcher(SYMBOLS))[0]


def test_a_book_that_forgets_what_is_filled_is_caught(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resize: Callable[[Matcher, Order, int, int], None] = Matcher._resize

    def forgetful(matcher: Matcher, order: Order, remaining: int, _filled: int) -> None:
        resize(matcher, order, remaining, order.filled)

    monkeypatch.setattr(Matcher, "_resize", forgetful)
    assert "wrong total" in audit(seed, Matcher(SYMBOLS))[0]
