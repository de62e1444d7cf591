"""Recorded flow, pushed onto the running system's list at a steady rate."""

import time

from benchmark.shared.positions import read_sequence
from participants.formats.commands import FileCommand
from protocol.channels import ORDER_QUEUE, STATE, STATE_ID_KEY
from protocol.codec import encode
from protocol.commands import QueueEntry, derive_order_id
from protocol.enums import CommandType, OrderType, Side
from protocol.instrument import Instrument
from tests.support.redis_client import open_redis

ACCOUNT = "recorded"
_PUSHES_A_SECOND = 20
_MAX_PENDING = 5_000
_POLL_SECONDS = 0.01


class RecordedFlow:
    """Pushes commands, in ticks and lots of `instrument`, as entries of the list."""

    def __init__(self, redis_url: str, instrument: Instrument) -> None:
        self._redis = open_redis(redis_url)
        self._instrument = instrument
        key: bytes = self._redis.hget(STATE, STATE_ID_KEY)  # type: ignore[assignment]
        self._id_key = bytes.fromhex(key.decode())

    def send(self, commands: list[FileCommand], rate: float) -> int:
        """Push `rate` of them a second, fewer if the engine cannot keep up.

        Returns the engine's sequence once all are matched.
        """
        entries = [encode(self._to_entry(command)) for command in commands]
        size = max(1, int(rate / _PUSHES_A_SECOND))
        started = time.perf_counter()
        for start in range(0, len(entries), size):
            self._redis.rpush(ORDER_QUEUE, *entries[start : start + size])
            time.sleep(max(0.0, started + start / rate - time.perf_counter()))
            self._wait_for_room(_MAX_PENDING)
        self._wait_for_room(0)
        sequence = read_sequence(self._redis)
        self._redis.close()
        return sequence

    def _wait_for_room(self, most: int) -> None:
        while int(self._redis.llen(ORDER_QUEUE)) > most:
            time.sleep(_POLL_SECONDS)

    def _to_entry(self, command: FileCommand) -> QueueEntry:
        order_id = str(derive_order_id(self._id_key, ACCOUNT, command.order_id))
        entry = QueueEntry(order_id=order_id, account=ACCOUNT)
        if command.quantity:
            entry.quantity = self._instrument.lots_to_quantity(command.quantity)
        if command.kind == "C":
            entry.command = CommandType.CANCEL
        elif command.kind == "A":
            entry.command = CommandType.AMEND
        else:
            entry.client_order_id, entry.symbol = command.order_id, self._instrument.symbol
            entry.side = Side.BUY if command.is_buy else Side.SELL
            entry.order_type = OrderType.IOC if command.kind == "I" else OrderType.LIMIT
            entry.price = self._instrument.ticks_to_price(command.price)
        return entry
