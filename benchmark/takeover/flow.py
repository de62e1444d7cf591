"""Orders at a rate, and what became of each of them."""

import threading
import time
from collections import Counter
from typing import Any, Self

import msgspec

from engine.storage.journal import read_journal
from protocol import channels, codec
from protocol.commands import QueueEntry
from protocol.enums import OrderType, Side
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until

_PAGE = 1000


class Flow:
    """Pushes orders in a thread as long as the context, each under a name of its own."""

    def __init__(self, url: str, rate: float) -> None:
        self.sent = 0
        self._client = open_redis(url)
        self._pause = 1 / rate
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flow")

    def fill(self, count: int) -> None:
        """Push orders that rest, and wait until they are matched."""
        while self.sent < count:
            self._push(min(_PAGE, count - self.sent))
        self._wait_until_drained()

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop, and wait until all is matched."""
        self._stopping.set()
        self._thread.join()
        self._wait_until_drained()

    def count_faults(self) -> int:
        """Count the orders that the journal does not have, or has more than once."""
        found: Counter[str] = Counter()
        for entry in read_journal(self._client, 0):
            for raw in msgspec.json.decode(entry.commands, type=list[msgspec.Raw]):
                command = codec.decode_entry(bytes(raw))
                if command.client_order_id:
                    found[command.client_order_id] += 1
        return sum(found[f"flow-{number}"] != 1 for number in range(self.sent))

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            due += self._pause
            self._push(1)

    def _push(self, count: int) -> None:
        names = (f"flow-{number}" for number in range(self.sent, self.sent + count))
        self._client.rpush(channels.ORDER_QUEUE, *map(_encode_order, names))
        self.sent += count

    def _wait_until_drained(self) -> None:
        client: Any = self._client
        wait_until(lambda: client.llen(channels.ORDER_QUEUE) == 0, "all is matched", 300.0)


def _encode_order(name: str) -> bytes:
    """One that rests, far from the other side."""
    order = QueueEntry("BTC-USDT", Side.BUY, OrderType.LIMIT, "0.001", "60000")
    order.client_order_id = name
    return codec.encode(order)
