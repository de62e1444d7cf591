"""Changes that may be repeated: one Idempotency-Key of an account stands for one command.

So does one signature: a signed change that is sent again changes nothing, whatever key is added.

The first request pushes its command and leaves a claim in Redis, in one step. A repeat finds the
claim, and the answer in the journal. This holds for any worker, even if the first one has died.
"""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, RedisError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from cluster.replication import Replication
from order_gateway.admission.request_context import RequestContext
from order_gateway.errors import UNREACHABLE, Unavailable
from order_gateway.queueing.journal_replies import rebuild_reply
from order_gateway.queueing.order_queue import PUSH_SECONDS, OrderQueue
from order_gateway.queueing.sender import explain_push
from order_gateway.queueing.waiting_pushes import PushState
from protocol.channels import STATE_CONFIRMED, STATE_SEQUENCE
from protocol.codec import encode
from protocol.commands import QueueEntry, is_identifier
from protocol.enums import Reason
from protocol.events import Reply
from protocol.headers import IDEMPOTENCY_HEADER
from protocol.journal import JournalEntry, entry_id
from protocol.refusal import Refusal
from protocol.shards import FIRST, ShardNames

REMEMBERED_MILLISECONDS = 120_000
"""How long a claim is kept, which bounds their number.

A signature is valid for at most twice RECEIVE_WINDOW_MS, which is never longer than this.
"""
MAX_ENTRIES_BEFORE = 64
"""Entries of the engine's own that it may have taken before one that waited in the list."""
POLL_SECONDS = 0.02
_PAGE = 4

_CLAIM = (Path(__file__).parent / "claim.lua").read_text()


class Forgotten(Exception):
    """A command was queued, and its outcome can no longer be found."""


class Claim(NamedTuple):
    """The command of a key; `depth` is the list's length after its push, 0 for a repeat."""

    depth: int
    sequence: int
    request_id: str


def list_claims(request: RequestContext) -> list[str]:
    """Return the names of this change: its Idempotency-Key and its signature, if it has them.

    A repeat after a lost answer has the same key and a new signature; a replay has the same
    signature and perhaps another key, which is not signed. A key never looks like the name of a
    signature. Raise Refusal for a bad key.
    """
    key = _read_key(request)
    signature = f"signature:{request.signature}" if request.signature else None
    return [name for name in (key, signature) if name is not None]


def _read_key(request: RequestContext) -> str | None:
    text = request.find_header(b"idempotency-key")
    if text is None:
        return None
    key = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not is_identifier(key):
        raise Refusal(
            Reason.INVALID_REQUEST,
            IDEMPOTENCY_HEADER,
            f"{IDEMPOTENCY_HEADER} must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -",
        )
    return key


class IdempotencyKeys:
    """The claims on a shard."""

    def __init__(self, client: Redis, queue: OrderQueue, names: ShardNames = FIRST) -> None:
        self._names = names
        self._last_field = STATE_CONFIRMED if names.is_clustered else STATE_SEQUENCE
        self._client: Any = cast("Any", client)
        self._queue = queue
        self._replication = Replication(names.order_queue)
        self._claim = self._client.register_script(_CLAIM)

    async def push(self, account: str, claims: Sequence[str], entry: QueueEntry) -> Claim | None:
        """Queue `entry` unless one of the caller's `claims` is known; return the claim.

        Return None if Redis's answer was lost. Raise Refusal if a claim belongs to another command,
        Unavailable if nothing was queued.
        """
        names = [self._names.claim_key(account, claim) for claim in claims]
        try:
            claimed = await self._client.mget(names)
        except (RedisError, OSError):
            raise Unavailable(Reason.QUEUE_UNAVAILABLE, UNREACHABLE) from None
        body = _digest(entry)
        try:
            depth, claim = (
                (0, claimed[0]) if all(claimed) else await self._push(account, names, entry, body)
            )
        except (ResponseError, BusyLoadingError):
            detail = "the order queue refused the entry; nothing was queued"
            raise Unavailable(Reason.QUEUE_UNAVAILABLE, detail) from None
        except (RedisError, OSError):
            return None
        sequence, request_id, claimed_body = claim.decode().split()
        if claimed_body != body:
            raise Refusal(
                Reason.IDEMPOTENCY_KEY_REUSED,
                IDEMPOTENCY_HEADER,
                f"this {IDEMPOTENCY_HEADER} was another request's",
            )
        return Claim(depth, int(sequence), request_id)

    async def find_reply(self, claim: Claim, seconds: float) -> Reply | None:
        """Return the engine's reply to the first request, or None after `seconds` without one.

        Raise Forgotten, RedisError or OSError.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            reached = int(await self._client.hget(self._names.state, self._last_field) or 0)
            reply = await self._search(claim) if reached >= claim.sequence else None
            if reply is not None or loop.time() >= deadline:
                return reply
            if reached >= claim.sequence + MAX_ENTRIES_BEFORE:
                raise Forgotten
            await asyncio.sleep(POLL_SECONDS)

    async def _push(
        self, account: str, names: list[str], entry: QueueEntry, body: str
    ) -> tuple[int, bytes]:
        """Push in the account's turn, like an entry without a claim."""
        place = await self._queue.wait_for_place(account)
        if place.state is not PushState.CONFIRMED:
            raise explain_push(place)
        arguments: dict[str, Any] = {
            "keys": [self._names.order_queue, self._names.state, *names],
            "args": [
                encode(entry), STATE_SEQUENCE, entry.request_id, body, REMEMBERED_MILLISECONDS
            ],
        }  # fmt: skip
        if self._names.is_clustered:
            depth, claim = await self._claim_for_good(arguments)
        else:
            depth, claim = await self._claim(**arguments)
        if depth:
            self._queue.note_depth(depth)
        return depth, claim

    async def _claim_for_good(self, arguments: dict[str, Any]) -> tuple[int, bytes]:
        """Claim and push on a cluster; raise RedisError if the replicas do not confirm it."""
        async with self._client.pipeline(transaction=False) as pipeline:
            await self._claim(**arguments, client=pipeline)
            (depth, claim), is_kept = await self._ask_replicas(pipeline)
        _, _, *names = arguments["keys"]
        deadline = asyncio.get_running_loop().time() + PUSH_SECONDS
        while not is_kept:
            if asyncio.get_running_loop().time() >= deadline:
                raise NoAnswer("a replica has not confirmed the push")
            is_kept = await self._confirm(names[0], claim)
        return depth, claim

    async def _confirm(self, name: str, claim: bytes) -> bool:
        """Ask again whether the claim is kept; raise NoAnswer if the node has it no more.

        Replicas receive writes in their order: what has a later one has the claim, too.
        """
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                pipeline.set(name, claim, xx=True, px=REMEMBERED_MILLISECONDS)
                is_there, is_kept = await self._ask_replicas(pipeline)
        except ResponseError as error:
            raise NoAnswer(f"the node that took the push takes no more: {error}") from None
        if not is_there:
            raise NoAnswer("the node that took the push has lost it")
        return is_kept

    async def _ask_replicas(self, pipeline: Any) -> tuple[Any, bool]:
        """Send what is in the pipeline; return its answer, and whether the replicas have it."""
        for question in self._replication.questions:
            pipeline.execute_command(*question)
        answer, *answers = await pipeline.execute(raise_on_error=False)
        if isinstance(answer, Exception):
            raise answer
        return answer, self._replication.is_kept(answers)

    async def _search(self, claim: Claim) -> Reply | None:
        """Search from the commit that has the claimed sequence on."""
        start, end = entry_id(claim.sequence), claim.sequence + MAX_ENTRIES_BEFORE
        while start:
            page = await self._client.xrange(self._names.journal, start, "+", count=_PAGE)
            start = b""
            for item in page:
                commit = JournalEntry.from_stream(*item)
                if commit.previous >= end:
                    return None
                reply = rebuild_reply(commit, claim.request_id)
                if reply is not None:
                    return reply
                start = b"(" + entry_id(commit.sequence)
        return None


def _digest(entry: QueueEntry) -> str:
    """Return a digest of what the client asked for."""
    asked = msgspec.structs.replace(
        entry, received_at=None, reply_to=None, request_id=None, valid_until=None
    )
    return blake2b(encode(asked), digest_size=16).hexdigest()
