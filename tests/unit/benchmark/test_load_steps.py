import json
from collections import Counter
from pathlib import Path

import pytest

from benchmark.load.sending.recorded import read_recorded
from benchmark.load.sending.requests import make_requests
from benchmark.load.sending.steps import AMEND, CANCEL, NEW, Step, make_mix, make_pairs
from tests.support.instruments import make_instrument
from tests.unit.benchmark.loads import BTC, SOL


def test_pairs_are_a_sell_and_a_buy_of_each_symbol_in_turn() -> None:
    steps = make_pairs([SOL, BTC], 6)
    sides = [(step.fields["symbol"], step.fields["side"]) for step in steps]
    pair = [(symbol, side) for symbol in ("SOL-USDT", "BTC-USDT") for side in ("sell", "buy")]
    assert sides == [*pair, *pair[:2]]
    assert len(make_pairs([SOL], 7)) == 6, "nobody is left without a partner"


def test_mix_has_the_shares_of_the_yardstick() -> None:
    count = 20_000
    kinds = Counter(step.kind for step in make_mix([SOL], count))
    assert kinds[NEW] / count == pytest.approx(0.6, abs=0.02)
    assert kinds[CANCEL] / count == pytest.approx(0.35, abs=0.02)
    assert kinds[AMEND] / count == pytest.approx(0.05, abs=0.01)


def test_a_change_is_of_an_order_sent_before_and_not_yet_canceled() -> None:
    steps = make_mix([SOL, BTC], 5_000)
    canceled: set[int] = set()
    for number, step in enumerate(steps):
        if step.kind == NEW:
            continue
        assert step.target < number
        assert steps[step.target].kind == NEW
        assert step.target not in canceled
        canceled |= {step.target} if step.kind == CANCEL else set()


def test_the_same_seed_gives_the_same_mix() -> None:
    assert make_mix([SOL], 500) == make_mix([SOL], 500)
    assert make_mix([SOL], 500) != make_mix([SOL], 500, seed=2)


def test_recorded_flow_in_ticks_and_lots_of_the_symbol(tmp_path: Path) -> None:
    file, instrument = tmp_path / "flow.csv", make_instrument("SOL-USDT", "0.001", "0.001", 0)
    file.write_text("C,before\nN,a,S,1000,5\nI,b,B,1001,2\nT,a,b,1000,2\nA,a,3\nC,a\n")
    first, second, amend, cancel = read_recorded(file, instrument, 100)
    assert (first.fields["price"], first.fields["quantity"]) == ("1.000", "0.005")
    assert (second.fields["order_type"], second.fields["side"]) == ("ioc", "buy")
    assert (amend.kind, amend.fields, amend.target) == (AMEND, {"quantity": "0.003"}, 0)
    assert (cancel.kind, cancel.target) == (CANCEL, 0)
    assert len(read_recorded(file, instrument, 2)) == 2


def test_each_order_has_its_own_time() -> None:
    requests = make_requests(make_pairs([SOL], 4), rate=100, batch=1)
    assert [request.offset for request in requests] == [0.0, 0.01, 0.02, 0.03]
    assert json.loads(requests[0].body)["side"] == "sell"


def test_a_batch_leaves_when_its_last_order_is_due() -> None:
    steps = [*make_pairs([SOL], 2), Step(CANCEL, {}, 0), *make_pairs([SOL], 2)]
    requests = make_requests(steps, rate=10, batch=3)
    assert [(request.kind, request.numbers) for request in requests] == [
        (CANCEL, (2,)), (NEW, (0, 1, 3)), (NEW, (4,)),
    ]  # fmt: skip
    assert [request.offset for request in requests] == [0.2, 0.3, 0.4]
    assert len(json.loads(requests[1].body)["orders"]) == 3
