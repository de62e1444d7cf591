"""The short way of an order has every effect of the long one, each to the same bytes.

The long one is plain Python; `test_published_text` shows that it does the same on the plain core.
"""

import json
import random
from typing import Any

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
    "valid_until", "received_at", "time_in_force", "expires_at", "display_quantity",
    "quote_quantity", "restriction", "cancel_id", "number", "mode", "reason", "odd",
)  # fmt: skip
TIMES = (
    {"time_in_force": "gtc"}, {"time_in_force": "ioc"}, {"time_in_force": "fok"},
    {"time_in_force": "day"}, {"expires_at": "2023-11-14T22:13:20.001000Z"},
    *({"time_in_force": "gtd", "expires_at": f"2023-11-14T22:13:20.00{end}Z"} for end in range(6)),
    {"time_in_force": "gtd", "expires_at": "1700000000"}, {"time_in_force": "gtd"},
)  # fmt: skip
"""The flow goes on from 22:13:20, a commit a microsecond."""
OFF_GRID = ("1.005", "100.55", "0.5", "9999999999999", "0", "00", "100.000000000000000000", "1e2")


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
    _vary(entry, generator)
    if generator.random() < 0.05:
        entry[generator.choice(FIELDS)] = generator.choice(TEXTS)
    blanks = generator.choice(["", "", "", " ", "\t", "\n "])
    plain = json.dumps(entry, separators=(f"{blanks},", f":{blanks}")).encode()
    if generator.random() < 0.02:
        place = generator.randrange(len(plain))
        plain = plain[:place] + generator.randbytes(1) + plain[place + 1 :]
    return blanks.encode() + plain + blanks.encode()


def _vary(entry: dict[str, Any], generator: random.Random) -> None:
    """Give an entry what few have, which need not go with it."""
    if generator.random() < 0.2:
        entry |= {"reply_to": "worker", "request_id": f"{generator.random()}"}
    if generator.random() < 0.05:
        entry["valid_until"] = generator.choice(["2023-11-14T22:13:20.002000Z", "later"])
    if generator.random() < 0.2:
        entry |= generator.choice(TIMES)
    if generator.random() < 0.1:
        entry["display_quantity"] = str(generator.randint(1, 5))
    if generator.random() < 0.05:
        entry["quantity"] = str(generator.choice([1, 100, 101, 10**12, 10**12 + 1]))
    if entry.get("order_type") == "market" and generator.random() < 0.5:
        entry.pop("quantity", None)
        entry["quote_quantity"] = str(generator.choice([0, 90, 500, 2000, "0.5", 10**15]))
    if generator.random() < 0.1:
        entry[generator.choice(["price", "quantity", "stop_price"])] = generator.choice(OFF_GRID)


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
