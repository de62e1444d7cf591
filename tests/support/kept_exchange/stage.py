"""A running exchange that is being kept: its doors, and the record of all that it commits."""

import json
from collections.abc import Callable
from typing import cast

import httpx
from redis import Redis

from engine.storage.snapshot_store import list_snapshots
from protocol import channels, codec
from protocol.journal import entry_id
from tests.support.kept_exchange.files import History, Json, KeptEntry
from tests.support.waiting import wait_until

CREATED, OK = 201, 200


class Stage:
    """Sends orders over REST and entries straight into the list, and keeps what is committed."""

    def __init__(self, redis: Redis, gateway: httpx.Client, history: History) -> None:
        self.redis = redis
        self.history = history
        self._gateway = gateway

    def order(self, account: str, symbol: str, side: str, quantity: str, **more: str) -> Json:
        """A new order, `limit` if nothing else is said; what became of it."""
        body = {"symbol": symbol, "side": side, "quantity": quantity, "order_type": "limit", **more}
        answer = self.ask(account, "POST", "/v1/orders?response=full", body)
        assert answer.status_code in {OK, CREATED}, answer.text
        return cast("Json", answer.json())

    def ask(
        self, account: str, method: str, path: str, body: Json | None = None, **headers: str
    ) -> httpx.Response:
        """Any request, with every header's name in the form `Idempotency_Key`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"X-Account": account, "Prefer": "wait=15"}
        answer = self._gateway.request(method, path, json=body, headers=named)
        self.record()
        return answer

    def push(self, *entries: Json | bytes) -> None:
        """Put `entries` into the list at once, and wait until the last of them is committed."""
        self.redis.rpush(
            channels.ORDER_QUEUE,
            *(entry if isinstance(entry, bytes) else _encode(entry) for entry in entries),
        )
        self.settle()

    def settle(self) -> None:
        """Wait until everything is committed, and record it."""
        wait_until(lambda: self.redis.llen(channels.ORDER_QUEUE) == 0, "the list is empty")
        self.record()

    def record(self) -> None:
        """Keep what is new in the journal, and every snapshot that has come to count."""
        while page := self._read_page():
            for identifier, pairs in page:
                fields = [part for pair in pairs.items() for part in pair]
                entry = KeptEntry(identifier, fields)
                assert entry.read().previous == self.history.sequence, "a part was trimmed before"
                self.history.entries.append(entry)
        for sequence in list_snapshots(self.redis):
            if sequence not in self.history.snapshots:
                self._keep_snapshot(sequence)

    def find_command(self, word: bytes) -> bytes:
        """The last command with `word` in it."""
        return next(
            command
            for entry in reversed(self.history.entries)
            for command in reversed(codec.split_entries(entry.read().commands))
            if word in command
        )

    def keep_state(self) -> None:
        """Keep the state as it is now that everything is recorded."""
        self.record()
        self.history.state = cast("dict[bytes, bytes]", self.redis.hgetall(channels.STATE))

    def wait_for_snapshot(self) -> None:
        """Until another one counts."""
        before = max(self.history.snapshots, default=0)

        def has_come() -> bool:
            self.record()
            return max(self.history.snapshots, default=0) > before

        wait_until(has_come, "a snapshot")

    def wait_for_command(self, word: bytes, send: Callable[[], object]) -> None:
        """Until a commit after `send` has `word` among its commands."""
        start = len(self.history.entries)
        send()

        def has_come() -> bool:
            self.record()
            return any(word in entry.read().commands for entry in self.history.entries[start:])

        wait_until(has_come, word.decode())

    def _read_page(self) -> list[tuple[bytes, dict[bytes, bytes]]]:
        start = b"(" + entry_id(self.history.sequence)
        page = self.redis.xrange(channels.JOURNAL, start, "+", count=500)
        return cast("list[tuple[bytes, dict[bytes, bytes]]]", page)

    def _keep_snapshot(self, sequence: int) -> None:
        parts = cast("list[bytes]", self.redis.lrange(channels.snapshot_key(sequence), 0, -1))
        assert parts, f"the snapshot at {sequence} is gone"
        self.history.snapshots[sequence] = b"".join(parts)


def _encode(entry: Json) -> bytes:
    return json.dumps(entry).encode()
