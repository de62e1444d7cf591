"""Steps as requests on a schedule (open loop: nothing waits for an answer)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from benchmark.load.sending.steps import AMEND, NEW, Step


class Request(NamedTuple):
    """One request: the steps `numbers`, which leave `offset` seconds after the start.

    `target` is the step whose order the request is about, -1 for new orders. `body` is JSON.
    """

    offset: float
    numbers: tuple[int, ...]
    kind: str
    body: bytes
    target: int = -1


def make_requests(steps: Sequence[Step], rate: float, batch: int) -> list[Request]:
    """Schedule `steps` at `rate` a second, with `batch` new orders in a request if it is above one.

    A batch leaves when the last of its orders is due, which then counts for all of them.
    """
    if batch > 1:
        return sorted(_make_batches(steps, rate, batch), key=lambda request: request.offset)
    return [_make_request(number, step, rate) for number, step in enumerate(steps)]


def _make_request(number: int, step: Step, rate: float) -> Request:
    body = msgspec.json.encode(step.fields) if step.kind in (NEW, AMEND) else b""
    return Request(number / rate, (number,), step.kind, body, step.target)


def _make_batches(steps: Sequence[Step], rate: float, batch: int) -> Iterator[Request]:
    gathered: list[int] = []
    for number, step in enumerate(steps):
        if step.kind == NEW:
            gathered.append(number)
            if len(gathered) == batch:
                yield _make_batch(steps, gathered, rate)
                gathered = []
        else:
            yield _make_request(number, step, rate)
    if gathered:
        yield _make_batch(steps, gathered, rate)


def _make_batch(steps: Sequence[Step], numbers: list[int], rate: float) -> Request:
    body = msgspec.json.encode({"orders": [steps[number].fields for number in numbers]})
    return Request(numbers[-1] / rate, tuple(numbers), NEW, body)
