"""The lease: at most one engine owns the state at a time.

The lease itself only says when another engine may take over. What keeps a stale one from
committing is the owner token in the state: epoch and random nonce, new at each takeover.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from redis import Redis, RedisError

from protocol.channels import LEASE_MILLISECONDS
from protocol.shards import FIRST, ShardNames

RENEWALS_A_LEASE = 3
MILLISECONDS_AN_OPEN_ORDER = 0.05
"""One command can fill or cancel every open order, and meanwhile nothing renews the lease."""
MILLISECONDS_A_SNAPSHOT_BYTE = 30 / 2**20
"""Decoding 1 MB of a snapshot takes 8 ms on a quiet machine."""
LONG_COMMIT_MILLISECONDS = 60_000
"""How long packing, sending and storing hundreds of megabytes may take."""
_SCRIPTS = Path(__file__).parent


class Fenced(Exception):
    """Another engine has taken over."""


class Lease:
    """One engine's claim on the state; it outlives the engine by `least` milliseconds or more."""

    def __init__(
        self, client: Redis, names: ShardNames = FIRST, least: int = LEASE_MILLISECONDS
    ) -> None:
        self._names = names
        self.least = least
        self._keys = [names.lease, names.state]
        self._acquire = client.register_script((_SCRIPTS / "acquire_lease.lua").read_text())
        self._renew = client.register_script((_SCRIPTS / "renew_lease.lua").read_text())
        self.owner = b""
        self.milliseconds = least
        """How long the lease lives after each renewal."""
        self._renewed = 0.0

    @property
    def epoch(self) -> str:
        """How many times the state has changed hands."""
        return self.owner.partition(b":")[0].decode()

    def acquire(self, dead: Sequence[bytes] = ()) -> bool:
        """Take over if nobody else holds the lease; return False if somebody does.

        `dead` are tokens of engines that are known to be gone.
        """
        owner = self._acquire(
            keys=self._keys,
            args=[secrets.token_hex(8), self.least, self.owner, *dead],
        )
        if owner is not None:
            self.owner = owner
            self._renewed = 0.0
        return owner is not None

    def renew(self) -> None:
        """Renew the lease if that is due; raise Fenced if it is another engine's."""
        now = time.monotonic()
        if now - self._renewed >= self.least / 1000 / RENEWALS_A_LEASE:
            self._set(self.milliseconds)
            self._renewed = now

    def allow_for_recovery(self, snapshot_bytes: int) -> int:
        """Return how long it must live while a snapshot is decoded and no other thread runs."""
        return self.least + int(snapshot_bytes * MILLISECONDS_A_SNAPSHOT_BYTE)

    def allow_for(self, open_orders: int) -> None:
        """From the next renewal on, let it live as long as one command over all orders may take."""
        self.milliseconds = self.least + int(open_orders * MILLISECONDS_AN_OPEN_ORDER)

    def extend(self) -> None:
        """Let it live until a long commit is done; raise Fenced if it is lost."""
        self._set(LONG_COMMIT_MILLISECONDS)

    def release(self) -> None:
        """Give it back, so that the next engine starts at once; raise Fenced if one has started."""
        self._set(0)

    @contextmanager
    def kept(self, connect: Callable[[], Redis], milliseconds: int) -> Iterator[None]:
        """Renew the lease from a thread while something long runs that cannot renew it.

        It lives `milliseconds` after each renewal. Raises Fenced at the end if another engine has
        taken over meanwhile, whatever else went wrong: what was read may be that engine's.
        """
        self._set(milliseconds)
        ended = threading.Event()
        arguments = (connect, self, milliseconds, ended)
        keeper = threading.Thread(target=_keep, args=arguments, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            ended.set()
            keeper.join()
            self._set(self.least)

    def _set(self, milliseconds: int) -> None:
        if not self._renew(keys=self._keys, args=[self.owner, milliseconds]):
            raise Fenced("another engine has taken over")


def _keep(
    connect: Callable[[], Redis], kept: Lease, milliseconds: int, ended: threading.Event
) -> None:
    """Renew until the end, or until another engine has taken over."""
    with connect() as client:
        lease = Lease(client, kept._names)
        lease.owner = kept.owner
        while not ended.wait(kept.least / 1000 / 5):
            try:
                lease._set(milliseconds)
            except RedisError:
                continue  # it may be back before the lease ends
            except Fenced:
                return
