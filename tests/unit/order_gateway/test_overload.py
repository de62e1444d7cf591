"""The gate opens and closes at its marks."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from order_gateway.errors import Unavailable
from order_gateway.queueing.overload import OverloadGate
from tests.support.waiting import until


class Depth:
    """The list's length, as the test wants it."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.times_read = 0

    async def read(self) -> int:
        self.times_read += 1
        return self.value


def run_with_gate(
    depth: Depth, scenario: Callable[[OverloadGate], Awaitable[None]], high_mark: int = 10
) -> None:
    async def run() -> None:
        gate = OverloadGate(high_mark, depth.read)
        await scenario(gate)
        await gate.aclose()

    asyncio.run(run())


def is_open(gate: OverloadGate) -> bool:
    try:
        gate.admit_order()
    except Unavailable:
        return False
    return True


def test_gate_is_open_at_the_mark_and_closed_above_it() -> None:
    async def scenario(gate: OverloadGate) -> None:
        gate.observe(10)
        assert is_open(gate)
        gate.observe(11)
        assert not is_open(gate)

    run_with_gate(Depth(11), scenario)


def test_gate_stays_closed_at_half_the_mark_and_opens_below_it() -> None:
    depth = Depth(5)

    async def scenario(gate: OverloadGate) -> None:
        gate.observe(11)

        async def was_read_twice() -> bool:
            return depth.times_read >= 2

        await until(was_read_twice)
        assert not is_open(gate)
        depth.value = 4

        async def has_opened() -> bool:
            return is_open(gate)

        await until(has_opened)

    run_with_gate(depth, scenario)


def test_changes_pass_up_to_twice_the_mark() -> None:
    async def scenario(gate: OverloadGate) -> None:
        gate.observe(20)
        assert not is_open(gate)
        gate.admit_change()
        gate.observe(21)
        with pytest.raises(Unavailable, match="21 entries wait"):
            gate.admit_change()

    run_with_gate(Depth(21), scenario)


def test_gate_stays_closed_while_the_depth_cannot_be_read() -> None:
    depth = Depth(0)
    attempts = 0

    async def fail_twice() -> int | None:
        nonlocal attempts
        attempts += 1
        return None if attempts <= 2 else depth.value

    async def run() -> None:
        gate = OverloadGate(10, fail_twice)
        gate.observe(11)

        async def has_opened() -> bool:
            return is_open(gate)

        await until(has_opened)
        assert attempts == 3
        await gate.aclose()

    asyncio.run(run())
