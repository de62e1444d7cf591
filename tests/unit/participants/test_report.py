"""The figures of flows whose figures are known, and how far flows are from each other."""

from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import pytest

from participants.formats.opening import open_recording
from participants.formats.records import Grid, Notices
from participants.report.distances import compare_flows, find_l1, find_wasserstein
from participants.report.figures import (
    compute_figures,
    correlate,
    find_depth_profile,
    find_imbalances,
    find_kurtosis,
    find_tail_index,
    format_figures,
)
from participants.report.observation import (
    Observation,
    Sample,
    Trade,
    observe_record,
    read_trades,
    take_sample,
)
from participants.report.picture import draw_report
from tests.support.instruments import make_instruments


def make_flow(moves: list[float], signs: list[bool], name: str = "flow") -> Observation:
    """A book a second with a spread of 2 around a walk from 10,000, and a trade a second."""
    mids = accumulate(moves, initial=10_000.0)
    samples = [Sample([(mid - 1, 3.0), (mid - 2, 1.0)], [(mid + 1, 1.0)]) for mid in mids]
    trades = [Trade(float(second), is_buy, 1.0) for second, is_buy in enumerate(signs)]
    return Observation(name, 1.0, samples, trades)


def draw(count: int, seed: int = 1) -> list[float]:
    chance = Random(seed)
    return [chance.gauss(0, 1) for _ in range(count)]


def test_normal_returns_have_no_excess_and_no_memory() -> None:
    values = draw(20_000)
    assert abs(find_kurtosis(values)) < 0.15
    assert abs(correlate(values, 1)) < 0.02


def test_tail_index_is_that_of_the_distribution() -> None:
    chance = Random(1)
    assert 2.7 < find_tail_index([chance.paretovariate(3) for _ in range(50_000)]) < 3.3


def test_memory_of_a_process_is_its_own() -> None:
    values = list(accumulate(draw(50_000), lambda last, step: 0.5 * last + step))
    assert 0.47 < correlate(values, 1) < 0.53
    assert 0.22 < correlate(values, 2) < 0.28


def test_figures_of_a_book_that_stands() -> None:
    flow = make_flow([0.0] * 119, [True, False] * 60)
    figures = compute_figures(flow)
    assert figures["spread, mean, bp"] == pytest.approx(2.0)
    assert figures["levels of the thinner side, fewest"] == 1
    assert figures["trades a minute"] == 60
    assert figures["quantity at the best price, mean"] == 2
    assert figures["returns, tail index"] == 0
    assert figures["signs of trades, autocorrelation 1"] == pytest.approx(-1, abs=0.02)
    assert find_depth_profile(flow) == [2.0, 0.5]
    assert set(find_imbalances(flow)) == {0.5}


def test_nothing_observed_has_figures_too() -> None:
    assert set(compute_figures(Observation("none")).values()) == {0}


def test_table_has_a_column_for_each_flow() -> None:
    table = format_figures({"a": {"x": 1.0}, "b": {"x": 0.12345}})
    assert table == "| figure | a | b |\n|---|---|---|\n| x | 1 | 0.123 |\n"


def test_distance_of_a_flow_from_itself_is_nothing_and_grows() -> None:
    values = draw(5_000)
    assert (find_l1(values, values), find_wasserstein(values, values)) == (0, 0)
    near, far = ([value + by for value in values] for by in (0.5, 3.0))
    assert 0 < find_l1(near, values) < find_l1(far, values) <= 1
    assert find_wasserstein(near, values) == pytest.approx(0.5, abs=0.02)
    assert find_wasserstein(far, values) == pytest.approx(3.0, abs=0.1)


def test_flows_are_compared_by_each_quantity() -> None:
    flow, other = (make_flow(draw(500, seed), [True] * 100) for seed in (1, 2))
    distances = {each.name: each for each in compare_flows(flow, other)}
    assert len(distances) == 6
    assert distances["time between trades"].l1 == 0
    assert distances["returns, bp"].l1 < 0.2


def test_picture_has_a_line_for_each_flow() -> None:
    flows = [make_flow(draw(100, seed), [True] * 9, name) for seed, name in ((1, "a&b"), (2, "c"))]
    picture = draw_report(flows)
    assert picture.startswith("<svg ")
    assert picture.count("a&amp;b") == 5
    assert draw_report([Observation("none")]).startswith("<svg ")


ORDERS = """34200,1,1,10,1000000,1
34200,1,2,10,1010000,-1
34201,4,2,4,1010000,-1
34201,4,2,1,1010000,-1
34202.5,4,1,1,1000000,1
34203,1,3,1,1020000,-1
"""
LEVELS = """exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
x,Y,0,0,true,bid,100,10
x,Y,0,0,true,ask,101,5
x,Y,0,3000000,false,ask,102,1
"""
TRADES = """exchange,symbol,timestamp,local_timestamp,id,side,price,amount
x,Y,0,1000000,1,buy,101,5
x,Y,0,2500000,2,sell,100,1
"""


@pytest.mark.parametrize("texts", [(ORDERS,), (LEVELS, TRADES)])
def test_record_is_observed_as_an_exchange_is(tmp_path: Path, texts: tuple[str, ...]) -> None:
    files = [tmp_path / f"{number}.csv" for number, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    grid = Grid(make_instruments()[0], Notices())
    seen = observe_record(open_recording(files, grid), grid.instrument, 25.0)
    assert seen.trades == [Trade(1.0, True, 5.0), Trade(2.5, False, 1.0)]
    assert seen.samples[0].bids == [(100.0, 10.0)]
    assert [price for price, _ in seen.samples[-1].asks] == [101.0]
    assert len(seen.samples) == 3


def test_exchange_is_observed_page_by_page() -> None:
    def make_trade(number: int) -> dict[str, str]:
        return {
            "timestamp": f"2026-01-01T00:00:0{number}.000000Z", "aggressor_side": "buy",
            "quantity": "2.5", "taker_order_id": str(number // 2),
        }  # fmt: skip

    pages: dict[str, dict[str, Any]] = {
        "/v1/trades/X-Y?limit=1000": {"trades": [make_trade(5), make_trade(4)], "next_before": 4},
        "/v1/trades/X-Y?limit=1000&before=4": {
            "trades": [make_trade(3), make_trade(1)], "next_before": None,
        },
        "/v1/orderbook/X-Y?depth=20": {"bids": [["1.5", "2"]], "asks": []},
    }  # fmt: skip
    seen = Observation("flow")
    read_trades(pages.__getitem__, "X-Y", "2026-01-01T00:00:02.000000Z", seen)
    assert seen.trades == [Trade(1.0, True, 2.5), Trade(2.0, True, 5.0)]
    assert take_sample(pages.__getitem__, "X-Y") is None
