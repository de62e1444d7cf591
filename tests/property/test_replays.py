"""The same commands lead to the same state, however they are cut, saved and resumed."""

from itertools import islice

import pytest

from engine.core import EVENT_RECORD
from tests.support.core_flow import FLOWS, SYMBOLS, Flow, Step
from tests.support.core_implementations import CORES, matcher_class

COUNT = 6_000


def steps_of(flow: str, seed: int) -> list[Step]:
    return list(islice(Flow(seed, FLOWS[flow]), COUNT))


@pytest.mark.parametrize("batch", [1, 7, 512])
@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("flow", FLOWS)
def test_events_and_state_do_not_depend_on_batches(
    flow: str, core: str, batch: int, seed: int
) -> None:
    steps = steps_of(flow, seed)
    one_by_one, batched = matcher_class(core)(SYMBOLS), matcher_class(core)(SYMBOLS)
    expected = [row for step in steps for row in step.run(one_by_one)]
    records = [step.packed() for step in steps]
    slices = (b"".join(records[start : start + batch]) for start in range(0, COUNT, batch))
    events = b"".join(batched.apply(part) for part in slices)
    assert list(EVENT_RECORD.iter_unpack(events)) == expected
    assert batched.state_hash() == one_by_one.state_hash()
    assert batched.save() == one_by_one.save()


@pytest.mark.parametrize("flow", FLOWS)
def test_a_state_saved_by_one_core_goes_on_in_the_other(flow: str, seed: int) -> None:
    steps = steps_of(flow, seed)
    classes = [matcher_class(core) for core in CORES]
    undisturbed = classes[0](SYMBOLS)
    resumed = classes[1](SYMBOLS)
    for number, step in enumerate(steps):
        assert step.run(resumed) == step.run(undisturbed), (number, step)
        if number % 500 == 0:
            saved = resumed.save()
            assert saved == undisturbed.save()
            resumed = classes[number // 500 % 2].load(saved)
            assert resumed.save() == saved
            assert resumed.state_hash() == undisturbed.state_hash()
            assert resumed.open_orders() == undisturbed.open_orders()


@pytest.mark.parametrize("core", CORES)
def test_the_same_commands_give_the_same_bytes(core: str, seed: int) -> None:
    records = b"".join(step.packed() for step in steps_of("narrow", seed))
    first, second = matcher_class(core)(SYMBOLS), matcher_class(core)(SYMBOLS)
    assert first.apply(records) == second.apply(records)
    assert first.save() == second.save()


@pytest.mark.parametrize("core", CORES)
def test_growing_from_one_order_changes_nothing(core: str, seed: int) -> None:
    records = b"".join(step.packed() for step in steps_of("sparse", seed))
    small, large = matcher_class(core)(SYMBOLS, capacity=1), matcher_class(core)(SYMBOLS)
    assert small.apply(records) == large.apply(records)
    assert small.save() == large.save()
