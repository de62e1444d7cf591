"""The parts of an exchange that match by themselves: each has a list, its companions, an engine.

An instrument belongs to one shard. Companions have the list's name in braces, which keeps them in
its slot of a cluster.
"""

from functools import cache
from hashlib import blake2b

MAX_SHARDS = 64
"""For good: ids and numbers say their shard by what they leave, divided by this."""

_LETTERS = "qhzwiolsdxcwihngrjelsqcfhjlnywmxnlrvhdpqnoexgfunmzlyvejctupvxqn"
"""What follows the numbers of the shards from 2 on in the names of their lists. They are chosen so
that the first few shards, and all of them, lie evenly over the slots of a cluster's nodes."""


class ShardNames:
    """The names on Redis of one shard; the first one's list is `order_queue`.

    If it `is_clustered`, its channels are in its slot, too, and what is journaled is there for
    others only once it is confirmed: a replica has it.
    """

    def __init__(self, shard: int, *, is_clustered: bool = False) -> None:
        self.shard = shard
        self.is_clustered = is_clustered
        self.order_queue = "order_queue"
        if shard > 1:
            self.order_queue += f":{shard}{_LETTERS[shard - 2]}"
        self._companions = f"{{{self.order_queue}}}"
        is_plain = shard == 1 and not is_clustered
        self.channel_prefix = "" if is_plain else f"{self._companions}:"
        """Stands before the name of a channel in the journal, to make that of Redis."""
        self.state = f"{self._companions}:state"
        self.journal = f"{self._companions}:journal"
        self.lease = f"{self._companions}:lease"
        self.dead = f"{self._companions}:dead"
        self.standbys = f"{self._companions}:standbys"

    def __repr__(self) -> str:
        return f"ShardNames({self.shard})"

    @property
    def subscribe(self) -> str:
        """The command that subscribes to its channels."""
        return "SSUBSCRIBE" if self.is_clustered else "SUBSCRIBE"

    @property
    def message_kind(self) -> bytes:
        """What a message of a subscribed channel begins with."""
        return b"smessage" if self.is_clustered else b"message"

    @property
    def process(self) -> str:
        """What its engine is called in logs and lists of processes."""
        return "engine" if self.shard == 1 else f"engine-{self.shard}"

    @property
    def file_prefix(self) -> str:
        """What the names of its engines' files in the data folder begin with."""
        return "engine-" if self.shard == 1 else f"engine.{self.shard}-"

    def channel(self, channel: str) -> str:
        """Return the name on which the shard publishes what the journal has under `channel`."""
        return self.channel_prefix + channel

    def snapshot_key(self, sequence: int) -> str:
        """Return the key of the list with the parts of the snapshot at `sequence`."""
        return f"{self._companions}:snapshot:{sequence}"

    def unfinished_snapshot_key(self, sequence: int, writer: str) -> str:
        """Return the key of what `writer` has written so far of the snapshot at `sequence`."""
        return f"{self.snapshot_key(sequence)}:{writer}"

    def snapshot_key_pattern(self) -> str:
        """Return a glob for every snapshot's key, finished or not."""
        return f"{self._companions}:snapshot:*"

    def claim_key(self, account: str, idempotency_key: str) -> str:
        """Return the key of an idempotency key's command: `<sequence> <request id> <body>`."""
        digest = blake2b(f"{account}\0{idempotency_key}".encode(), digest_size=16).hexdigest()
        return f"{self._companions}:claim:{digest}"

    def claim_key_pattern(self) -> str:
        """Return a glob for the key of every idempotency key's command."""
        return f"{self._companions}:claim:*"

    def transfer_id_key(self, account: str, identifier: str) -> str:
        """Return the key of the shard that an account's transfer with this id comes from."""
        digest = blake2b(f"{account}\0{identifier}".encode(), digest_size=16).hexdigest()
        return f"{self._companions}:transfer:{digest}"

    def transfer_id_key_pattern(self) -> str:
        """Return a glob for the key of every transfer's id."""
        return f"{self._companions}:transfer:*"

    def companion_pattern(self) -> str:
        """Return a glob for every key of the shard but the list itself."""
        return f"{self._companions}:*"


@cache
def name_shard(shard: int, *, is_clustered: bool = False) -> ShardNames:
    """Return the names of a shard, 1 to MAX_SHARDS."""
    return ShardNames(shard, is_clustered=is_clustered)


FIRST = name_shard(1)


def find_shard(number: int) -> int:
    """Return the shard whose engine gave an order, a report or an order list its number.

    Or that of an order's id, if the exchange's key `tells_shard`.
    """
    return number % MAX_SHARDS + 1
