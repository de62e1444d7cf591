"""On a cluster: what is committed is told only once a replica has it.

A primary that dies takes with it what no replica has. What was told of that would have to be
unsaid: so a commit is published, answered and read by others only when it would outlive its node.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from cluster.replication import Replication
from engine.storage.lease import Fenced
from protocol.channels import last_sequence_field
from protocol.shards import ShardNames

KEPT_SECONDS = 10.0
"""How long a commit may wait for a replica, before the engine recovers from what there is."""

Command = tuple[str | bytes | int | float, ...]

_CONFIRM = (Path(__file__).parent / "confirm.lua").read_text()


class Confirmation:
    """Confirms a shard's commits on the connection that wrote them."""

    def __init__(self, client: Redis, connection: Any, names: ShardNames) -> None:
        self._connection = connection
        self._state = names.state
        self._prefix = names.channel_prefix
        self._script = client.script_load(_CONFIRM)
        self._replication = Replication(names.order_queue)

    @property
    def questions(self) -> Sequence[tuple[str | int, ...]]:
        """What is sent behind a write: who has it."""
        return self._replication.questions

    def wait_until_kept(self) -> None:
        """Ask again and again until the replicas have what was written.

        Raises redis.TimeoutError if one does not in time.
        """
        deadline = time.monotonic() + KEPT_SECONDS
        while time.monotonic() < deadline:
            self._send(self.questions)
            if self.read_answers():
                return
        raise NoAnswer("not every replica has taken what was committed")

    def read_answers(self) -> bool:
        """Read the answers to the questions; return whether the replicas have what was written."""
        return self._replication.is_kept([self._read() for _ in self.questions])

    def confirm(
        self,
        owner: bytes,
        sequence: int,
        last_published: Mapping[str, int],
        messages: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Let others read up to `sequence`, then publish `messages`; raise Fenced."""
        last = (
            value
            for channel, of_channel in last_published.items()
            for value in (last_sequence_field(channel), of_channel)
        )
        confirm: Command = ("EVALSHA", self._script, 1, self._state, owner, sequence, *last)
        publish: list[Command] = [
            ("SPUBLISH", self._prefix + channel, message) for channel, message in messages
        ]
        self._send([confirm, *publish])
        answers = [self._connection.read_response() for _ in range(1 + len(publish))]
        if answers[0] == b"FENCED":
            raise Fenced("another engine has taken over")

    def _send(self, commands: Sequence[Command]) -> None:
        self._connection.send_packed_command(self._connection.pack_commands(commands))

    def _read(self) -> object:
        try:
            return self._connection.read_response()
        except ResponseError as error:
            return error
