import json
import math
from xml.etree import ElementTree as ET

import pytest

from benchmark.load.options import parse_arguments
from benchmark.load.reporting.result import Result
from benchmark.load.reporting.table import describe_plan, format_result, format_verdict, to_json
from benchmark.load.saturation import (
    Trial,
    confirm,
    find_best,
    find_carried_late,
    find_lowest_failure,
    find_problem,
    search,
)
from benchmark.load.search import describe_trial, draw_trials
from benchmark.load.watching.engine import compare
from benchmark.load.watching.evidence import Clock, Evidence
from benchmark.load.watching.ledger import Ledger
from benchmark.load.watching.reports import ReportWatch, SeenReport
from benchmark.shared.feed_watch import FeedWatch, SeenTrade
from participants.report.chart import Axis, Chart, choose_decades, choose_marks, render_charts
from tests.unit.benchmark.loads import make_result

STAMP = "2026-01-31T12:00:00.000001Z"


def make_feed(*trades: tuple[int, str, str]) -> FeedWatch:
    feed = FeedWatch("ws://nowhere", "SOL-USDT")
    for trade_id, maker, taker in trades:
        feed.trades.append(SeenTrade("SOL-USDT", trade_id, maker, taker, 9.0, STAMP))
    return feed


def make_ledger(*order_ids: str) -> Ledger:
    ledger = Ledger(len(order_ids))
    for number, order_id in enumerate(order_ids):
        ledger.due[number] = ledger.sent[number] = float(number)
        ledger.accept_order(number, order_id, number + 0.5)
    return ledger


def test_accepted_orders_without_a_trade_are_lost() -> None:
    evidence = Evidence(make_ledger("1", "2", "3"), make_feed((1, "1", "2")), None, Clock())
    assert list(evidence.list_lost()) == [2]
    assert evidence.traded[1] == 9.0
    assert math.isnan(evidence.traded[0]), "the maker's own time tells nothing"


def test_each_report_belongs_to_the_order_then_to_its_changes() -> None:
    ledger = Ledger(3)
    ledger.accept_order(0, "1", 1.0)
    ledger.accept_change(1, "1", 2.0)
    ledger.accept_change(2, "1", 3.0)
    reports = ReportWatch("ws://nowhere", {})
    reports.by_order["1"] = [SeenReport(4.0, STAMP), SeenReport(5.0, STAMP)]
    evidence = Evidence(ledger, make_feed(), reports, Clock())
    assert list(evidence.seen[:2]) == [4.0, 5.0]
    assert list(evidence.list_lost()) == [2]


def test_missing_and_repeated_trade_ids_are_counted_by_symbol() -> None:
    feed = make_feed((1, "1", "2"), (3, "3", "4"), (3, "3", "4"))
    feed.trades.append(SeenTrade("BTC-USDT", 77, "5", "6", 9.0, STAMP))
    assert (feed.missing_trades, feed.repeated_trades) == (1, 1)


def test_engine_times_are_those_of_the_run_alone() -> None:
    before = {0.001: 10.0, 0.002: 10.0, math.inf: 10.0}
    after = {0.001: 10.0, 0.002: 109.0, math.inf: 110.0}
    latency = compare(before, after)
    assert latency is not None
    assert (latency.p50, latency.p99, latency.highest) == (2.0, 2.0, math.inf)
    assert compare(after, after) is None
    restarted = compare(after, before)
    assert restarted is not None
    assert restarted.p50 == 1.0


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        (make_result(), None),
        (make_result(lost=1), "not complete (1 lost)"),
        (make_result(refused={"503 overloaded": 2}), "not complete (503 overloaded)"),
        (make_result(p99_ms=60), "order to feed p99 60.0 ms"),
        (make_result(accepted_rate=1000), "only 1,000 a second were accepted"),
        (make_result(seen_rate=1000), "only 1,000 a second were seen"),
        (make_result(seen_rate=1420), None),
        (make_result(seen_rate=1380), "only 1,380 a second were seen"),
    ],
)
def test_what_is_too_much(result: Result, problem: str | None) -> None:
    assert find_problem(result, bound=50) == problem


@pytest.mark.parametrize("first", [100.0, 3_000.0, 64_000.0])
def test_the_search_ends_near_the_limit_from_either_side(first: float) -> None:
    def measure(rate: float) -> Result:
        return make_result(rate=rate, p99_ms=10 if rate <= 5_000 else 100)

    trials = list(search(measure, first, bound=50))
    best = find_best(trials)
    failure = find_lowest_failure(trials, best)
    assert best is not None
    assert failure is not None
    assert 4_600 < best.rate <= 5_000 < failure.rate < 5_450


def test_a_rate_that_fails_once_is_tried_again() -> None:
    answers = iter([make_result(p99_ms=100), make_result(), *[make_result(p99_ms=100)] * 60])
    trials = list(search(lambda _: next(answers), 1000, bound=50))
    assert [trial.problem is None for trial in trials[:2]] == [False, True]
    assert trials[2].rate > 1000
    failure = find_lowest_failure(trials, find_best(trials))
    assert failure is not None
    assert failure.rate > 1000, "what was carried at last is no failure"


def test_a_rate_that_is_not_carried_for_longer_is_not_the_highest() -> None:
    def measure(rate: float) -> Result:
        return make_result(rate=rate, p99_ms=10 if rate <= 4_500 else 100)

    trials = [
        Trial(5_000, make_result(rate=5_000), None),
        *confirm(measure, 5_000, bound=50),
    ]
    best = find_best(trials, is_long=True)
    assert best is not None
    assert best.rate == pytest.approx(4_232)
    assert len(trials) == 4
    failure = find_lowest_failure(trials, best)
    assert failure is not None
    assert failure.rate == pytest.approx(4_600)


def test_a_rate_whose_latest_orders_are_late_is_told_where_none_is_below_the_bound() -> None:
    def measure(rate: float) -> Result:
        return make_result(rate=rate, p99_ms=100, lost=int(rate > 4_500))

    trials = [Trial(5_000, make_result(rate=5_000), None), *confirm(measure, 5_000, bound=50)]
    late = find_carried_late(trials, bound=50)
    assert find_best(trials, is_long=True) is None
    assert late is not None
    assert late.rate == pytest.approx(4_232)


def test_the_trials_are_drawn_and_told_in_json() -> None:
    trials = [
        Trial(1_000, make_result(rate=1_000), None),
        Trial(2_000, make_result(rate=2_000, p99_ms=90), "order to feed p99 90.0 ms"),
    ]
    ET.fromstring(draw_trials("heading", trials))
    ET.fromstring(draw_trials("heading", []))
    shown = json.loads(json.dumps([describe_trial(trial) for trial in trials], allow_nan=False))
    assert [trial["rate"] for trial in shown] == [1_000, 2_000]
    assert shown[1]["problem"] == "order to feed p99 90.0 ms"


def test_the_verdict_is_one_line() -> None:
    assert format_verdict(make_result()).startswith("PASS: more than 1,000 orders a second")
    assert format_verdict(make_result(rate=1500, seen_rate=900)).startswith("FAIL")
    assert format_verdict(make_result(rate=800, lost=1)).startswith("FAIL")
    assert format_verdict(make_result(lost=3)).startswith("FAIL")
    assert "3 lost" in format_verdict(make_result(lost=3))


def test_a_rate_below_the_requirement_does_not_fail_it() -> None:
    verdict = format_verdict(make_result(rate=800))
    assert verdict.startswith("requirement not tested: 800 a second offered")


def test_the_words_fit_the_way_of_sending() -> None:
    plan = parse_arguments(["--mode", "list"]).plan
    text = describe_plan(plan) + format_result(make_result(), plan.mode)
    assert "connection" not in text
    assert "201" not in text
    assert "64 connections" in describe_plan(parse_arguments([]).plan)


def test_the_generator_says_when_it_may_be_the_limit() -> None:
    assert make_result().warning is None
    assert "may be the limit" in (make_result(cpu=0.97).warning or "")
    assert "after their time" in (make_result(late_ms=30).warning or "")


def test_a_time_beyond_the_last_bound_is_null_in_json() -> None:
    result = make_result()
    result.commit = compare({}, {0.001: 98.0, math.inf: 100.0})
    shown = to_json(result, parse_arguments([]).plan)
    text = json.dumps(shown, allow_nan=False)
    times = json.loads(text)["engine_commit_ms"]
    assert (times["p50"], times["p99"], times["highest"]) == (1.0, None, None)


def test_axes_place_values_between_their_ends() -> None:
    assert Axis(1, 100, [], is_logarithmic=True).place(10) == pytest.approx(0.5)
    assert Axis(0, 10, []).place(20) == 1.0
    assert [value for value, _ in choose_marks(60, 6)] == [0, 10, 20, 30, 40, 50, 60]
    assert [value for value, _ in choose_decades(0.01, 10)] == [0.01, 0.1, 1, 10]


def test_the_picture_is_well_formed() -> None:
    chart = Chart("a < b & c", Axis(0, 1, []), Axis(0, 1, []), [("one", [(0, 0), (1, 1)])], "x")
    ET.fromstring(render_charts("heading", [chart, chart]))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rate", "0"], ["--batch", "501"], ["--start", "--gateway", "http://x"],
        ["--replay", "f", "--symbol", "A", "B"],
    ],
)  # fmt: skip
def test_arguments_that_do_not_go_together_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(arguments)
    assert "error:" in capsys.readouterr().err
