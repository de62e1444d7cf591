"""Orders for fault tests, and what must be true of them afterwards."""

import json
import threading
from contextlib import suppress

from redis import Redis, RedisError

from engine.audit.record import Record
from engine.audit.verify import verify_record
from engine.storage.journal import read_journal
from engine.storage.redis_client import connect_redis
from protocol import channels, codec
from protocol.events import ExecutionReport


def make_order(number: int, side: str = "buy", price: int = 100, **more: str) -> bytes:
    order = {"symbol": "BTC-USDT", "side": side, "order_type": "limit", "quantity": "1",
             "price": str(price), "client_order_id": f"order-{number}"}  # fmt: skip
    return json.dumps(order | more).encode()


def assert_history_is_right(client: Redis) -> None:
    report = verify_record(Record(client))
    assert report.findings == []


def read_client_order_ids(client: Redis) -> list[str]:
    """Read the client order id of each order that was opened, in order."""
    return [
        event.client_order_id or ""
        for entry in read_journal(client, 0)
        if channels.EXECUTION_REPORTS in entry.messages  # the engine's own entries report nothing
        for event in codec.decode_message(entry.messages[channels.EXECUTION_REPORTS]).events
        if isinstance(event, ExecutionReport) and event.last_trade is None
        and event.status == "open"
    ]  # fmt: skip


class Pusher:
    """Pushes orders one by one; `acknowledged` are those that Redis has confirmed."""

    def __init__(self, url: str) -> None:
        self.acknowledged: list[str] = []
        self._client = connect_redis(url)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._push, daemon=True)
        self._thread.start()

    def _push(self) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            side = "buy" if number % 2 else "sell"
            with suppress(RedisError):
                self._client.rpush(channels.ORDER_QUEUE, make_order(number, side))
                self.acknowledged.append(f"order-{number}")

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._client.close()
