"""In which turn of the event loop heavy work is let through."""

import asyncio

from edge.turns import Turns


def let_through(*work: tuple[str, int], most: int) -> list[list[str]]:
    """Return who was let through in each turn."""

    async def run() -> list[list[str]]:
        turns = Turns(most)
        seen: list[list[str]] = [[]]
        for who, cost in work:
            turns.enter(who, cost, lambda who=who: seen[-1].append(who))  # type: ignore[misc]
        while any(turns.is_waiting(who) for who, _ in work):
            seen.append([])
            await asyncio.sleep(0)
        return seen

    return asyncio.run(run())


def test_what_fits_a_turn_does_not_wait() -> None:
    assert let_through(("a", 1), ("a", 1), ("b", 1), most=3) == [["a", "a", "b"]]


def test_work_of_several_takes_turns() -> None:
    work = [("a", 1)] * 4 + [("b", 1)] * 2
    assert let_through(*work, most=1) == [["a"], ["a"], ["b"], ["a"], ["b"], ["a"]]


def test_dear_work_takes_a_turn_of_its_own() -> None:
    assert let_through(("a", 9), ("a", 1), ("b", 1), most=2) == [["a"], ["a", "b"]]


def test_turns_begin_anew_after_a_pause() -> None:
    async def run() -> int:
        turns, count = Turns(1), 0

        def proceed() -> None:
            nonlocal count
            count += 1

        for _ in range(3):
            turns.enter("a", 1, proceed)
            await asyncio.sleep(0)
        return count

    assert asyncio.run(run()) == 3
