"""Models of order flow: what they make of a book, and that they are what they say."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from participants.formats.opening import open_recording
from participants.formats.records import Grid, Notices
from participants.markets import Market, load_market
from participants.models.hawkes import Hawkes, HawkesProcess
from participants.models.own_book import Canceling, Event, OwnBook, Placing, Scale, Taking
from participants.reference import Reference, follow_trades, walk_back
from participants.replay.replay import number_times
from participants.report.figures import correlate
from tests.support.instruments import make_instruments

MODELS = ("santa-fe", "hawkes", "queue-reactive")
START = 6_000_000
SCALE = Scale(step=300, size=10_000)


class Run:
    """A model alone with its book."""

    def __init__(self, name: str, seed: int = 1) -> None:
        market = load_market(name)
        assert not isinstance(market, Market)
        self.book = OwnBook(START)
        self.process = market.start(SCALE, Random(seed))
        self.events: list[Event] = []
        self._apply(self.process.begin(self.book))

    def go_on(self, seconds: int) -> "Run":
        for _ in range(seconds):
            self._apply(self.process.step(self.book))
        return self

    def _apply(self, events: Iterator[Event]) -> None:
        for event in events:
            self.events.append(event)
            self.book.apply(event, str(len(self.events)))


@pytest.mark.parametrize("name", MODELS)
def test_same_seed_makes_the_same_events(name: str) -> None:
    first = Run(name).go_on(60).events
    assert Run(name).go_on(60).events == first
    assert Run(name, seed=2).go_on(60).events != first


@pytest.mark.parametrize("name", MODELS)
def test_book_is_never_crossed_and_neither_dies_nor_grows_without_bound(name: str) -> None:
    run = Run(name)
    for _ in range(60):
        run.go_on(5)
        bid, ask = (run.book.best(is_buy=is_buy) for is_buy in (True, False))
        assert bid is not None
        assert ask is not None
        assert bid < ask
        assert len(run.book.orders) < 400
    kinds = Counter(type(event) for event in run.events)
    assert set(kinds) == {Placing, Taking, Canceling}


def test_price_is_on_the_grid_of_the_model() -> None:
    for name in MODELS:
        prices = [each.price for each in Run(name).go_on(20).events if isinstance(each, Placing)]
        assert len({price % SCALE.step for price in prices}) <= 2


def make_hawkes(excitation: float) -> Hawkes:
    return Hawkes(
        start_price=Decimal(60000), price_step=1, size=1, limit_rate=0.5, market_rate=0.5,
        cancel_rate=0.5, self_excitation=excitation, cross_excitation=0.0, decay=1.0, reach=5,
    )  # fmt: skip


def test_hawkes_has_its_mean_and_its_memory() -> None:
    """Branching by a half doubles what comes by itself; without it nothing is remembered."""
    for excitation, mean in ((0.0, 3.0), (0.5, 6.0)):
        process = HawkesProcess(make_hawkes(excitation), SCALE, Random(1))
        counts = [float(len(list(process.draw_kinds()))) for _ in range(4_000)]
        assert sum(counts) / len(counts) == pytest.approx(mean, rel=0.06)
        assert (correlate(counts, 1) > 0.1) == (excitation > 0)


def test_hawkes_that_grows_without_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="must be below 1"):
        make_hawkes(1.0)


def test_book_of_a_model_trades_by_price_and_time() -> None:
    book = OwnBook(100)
    events: dict[str, Event] = {
        "a": Placing(False, 102, 5), "b": Placing(False, 101, 5), "c": Placing(False, 101, 5),
        "d": Placing(True, 101, 7), "e": Taking(True, 4), "f": Canceling("nobody"),
    }  # fmt: skip
    for name, event in events.items():
        book.apply(event, name)
    assert [(each.name, each.quantity) for each in book.list_side(is_buy=False)] == [("a", 4)]
    assert book.best(is_buy=True) is None


def test_walk_without_reversion_is_random_and_with_it_comes_back() -> None:
    ends = []
    for reversion in (0.0, 0.2):
        walk = walk_back(START, 100.0, reversion, Random(5))
        ends.append(max(abs(price - START) for price in islice(walk, 5_000)))
    assert ends[0] > 5 * ends[1]


TRADES = """1,100.00,1,100,1735689600000,False,True
2,101.00,1,101,1735689600400,False,True
3,99.00,1,99,1735689602500,True,True
4,98.00,1,98,1735689604000,True,True
"""


def test_reference_follows_a_recorded_path_second_by_second(tmp_path: Path) -> None:
    (tmp_path / "trades.csv").write_text(TRADES)
    grid = Grid(make_instruments()[0], Notices())
    recording = open_recording([tmp_path / "trades.csv"], grid)
    path = follow_trades(number_times(recording.read(), 25.0))
    reference = Reference(next(path), path)
    prices = [reference.price]
    for _ in range(5):
        reference.step()
        prices.append(reference.price)
    assert prices == [10_100, 10_100, 9_900, 9_900, 9_800, 9_800]
    assert reference.displacement == -300
