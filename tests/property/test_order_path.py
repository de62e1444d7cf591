"""The short way of an order has every effect of the long one, each to the same bytes.

The long one is plain Python; `test_published_text` shows that it does the same on the plain core.
"""

import json
import random

import pytest

from engine.core import IMPLEMENTATION
from tests.support.both_ways import BothWays
from tests.support.faults_flow import draw_flow

FLOW = 5_000
SHARE = 10
"""One command in so many of all that the differential runs share."""
BATCHES = (1, 3, 50)
TEXTS = ("", "0", "1.", ".5", "1.5", "007", "99999999999999", "x", "é", 'quo"te', "a b", "\x7f")
FIELDS = (
    "symbol", "side", "order_type", "quantity", "price", "stop_price", "order_id", "account",
    "client_order_id", "command", "self_trade_prevention", "unique", "reply_to", "request_id",
    "valid_until", "received_at", "time_in_force", "reason", "odd",
)  # fmt: skip


def draw_plain_flow(seed: int) -> list[bytes]:
    """Draw entries of every kind, as a gateway writes them, some of them damaged."""
    generator = random.Random(seed)
    return [_write(raw, generator) for raw in draw_flow(seed, FLOW)]


def _write(raw: bytes, generator: random.Random) -> bytes:
    try:
        entry = json.loads(raw)
    except ValueError:
        return raw
    if not isinstance(entry, dict):
        return raw
    if generator.random() < 0.2:
        entry |= {"reply_to": "worker", "request_id": f"{generator.random()}"}
    if generator.random() < 0.05:
        entry["valid_until"] = generator.choice(["2023-11-14T22:13:20.002000Z", "later"])
    if generator.random() < 0.05:
        entry["time_in_force"] = generator.choice(["gtc", "ioc"])
    if generator.random() < 0.05:
        entry[generator.choice(FIELDS)] = generator.choice(TEXTS)
    plain = json.dumps(entry, separators=(",", ":")).encode()
    if generator.random() < 0.02:
        place = generator.randrange(len(plain))
        plain = plain[:place] + generator.randbytes(1) + plain[place + 1 :]
    return plain


@pytest.mark.skipif(IMPLEMENTATION != "cython", reason="there is no short way")
@pytest.mark.parametrize("has_limits", [False, True])
@pytest.mark.parametrize("has_ledger", [False, True])
def test_short_way_publishes_the_bytes_of_the_long_one(
    command_count: int, seed: int, has_ledger: bool, has_limits: bool
) -> None:
    for run in range(max(1, command_count // SHARE // FLOW // 4)):
        flow, size = draw_plain_flow(seed + run), BATCHES[run % len(BATCHES)]
        both = BothWays(has_ledger=has_ledger, has_limits=has_limits)
        for first in range(0, FLOW, size):
            both.send(*flow[first : first + size])
        both.compare_states()
