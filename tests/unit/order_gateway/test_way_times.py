"""Where the time of a request went: parts that follow one another, and never a negative one."""

import re
from time import perf_counter

import msgspec
import pytest

from order_gateway.queueing.way_times import WayTimes, describe_way
from protocol.commands import QueueEntry
from protocol.enums import Status
from protocol.timestamps import format_timestamp, now_in_microseconds
from tests.support.gateway import make_reply, make_report


def describe(
    gateway: float, replied: float, stamp: float | None, *, is_list: bool = False
) -> dict[str, float]:
    """All in milliseconds since it began: when the push and the reply were there, and the stamp."""
    began = perf_counter()
    times = WayTimes(began + gateway / 1000, began + replied / 1000)
    reply = None
    if stamp is not None:
        at = format_timestamp(now_in_microseconds() + round(1000 * stamp))
        entry = QueueEntry(order_id="1", account="a")
        report = msgspec.structs.replace(make_report(entry, Status.OPEN), timestamp=at)
        reply = make_reply(entry, report)
        if is_list:
            reply = msgspec.structs.replace(reply, order=None, orders=[report, report])
    found = re.findall(r"(\w+);dur=(-?[\d.]+)", describe_way(began, times, reply).decode())
    return {name: float(text) for name, text in found}


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (300, {"gateway": 200, "list": 100, "engine": 700}),
        (150, {"gateway": 150, "list": 0, "engine": 850}),
        (3_600_000, {"gateway": 200, "exchange": 800}),
        (-3_600_000, {"gateway": 200, "exchange": 800}),
        (None, {"gateway": 200}),
    ],
    ids=["stamp", "faster than the push", "clock ahead", "clock behind", "no reply"],
)
def test_parts_follow_one_another(stamp: float | None, expected: dict[str, float]) -> None:
    assert describe(200, 1000, stamp) == pytest.approx(expected, abs=50)


def test_a_list_has_the_stamp_of_its_first_order() -> None:
    expected = {"gateway": 200, "list": 100, "engine": 700}
    assert describe(200, 1000, 300, is_list=True) == pytest.approx(expected, abs=50)
