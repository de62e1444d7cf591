"""Changes that may be repeated: one Idempotency-Key of an account is one command.

So is one signature: whoever sends a signed change again changes nothing, whatever key they add.

Whoever comes first pushes the command and leaves a claim, in one step; whoever comes later finds
the claim, and the answer in the journal. So it holds whichever worker is asked, and whichever died.
"""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, RedisError, ResponseError

from order_gateway.admission.request_context import RequestContext
from order_gateway.errors import UNREACHABLE, Unavailable
from order_gateway.queueing.journal_replies import rebuild_reply
from protocol.channels import JOURNAL, ORDER_QUEUE, STATE, STATE_SEQUENCE, claim_key
from protocol.codec import encode
from protocol.commands import QueueEntry, is_identifier
from protocol.enums import Reason
from protocol.events import Reply
from protocol.headers import IDEMPOTENCY_HEADER
from protocol.journal import JournalEntry, entry_id
from protocol.refusal import Refusal

REMEMBERED_MILLISECONDS = 120_000
"""How long a key is remembered: what bounds the claims.

A signature is good for twice RECEIVE_WINDOW_MS at most, which is this at its widest.
"""
MAX_ENTRIES_BEFORE = 64
"""Entries of the engine's own that may have gone before one that waited in the list."""
POLL_SECONDS = 0.02
_PAGE = 4

# the sequence is that of the command, unless the engine puts something at the head of the list
_CLAIM = """#!lua
local depth, claim = 0, false
for i = 3, #KEYS do claim = claim or redis.call('GET', KEYS[i]) end
if not claim then
  depth = redis.call('RPUSH', KEYS[1], ARGV[1])
  local sequence = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0') + depth
  claim = string.format('%d %s %s', sequence, ARGV[3], ARGV[4])
end
for i = 3, #KEYS do redis.call('SET', KEYS[i], claim, 'NX', 'PX', ARGV[5]) end
return {depth, claim}
"""


class Forgotten(Exception):
    """It was queued once, and what became of it cannot be found any more."""


class Claim(NamedTuple):
    """The command of a key; `depth` is the list's length after its push, 0 for a repeat."""

    depth: int
    sequence: int
    request_id: str


def list_claims(request: RequestContext) -> list[str]:
    """What names this change: its Idempotency-Key, and its signature, which no key looks like.

    A repeat after a lost answer is signed anew under the same key; a replay has the same signature
    under whatever key: a key is no part of what is signed. Raises Refusal for a bad key.
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
    """Claims in Redis."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = cast("Any", client)
        self._claim = self._client.register_script(_CLAIM)

    async def push(self, claims: Sequence[str], entry: QueueEntry) -> Claim | None:
        """Queues `entry` where all its account's `claims` are new; None: the answer was lost.

        Raises Refusal where one was another command's, Unavailable where nothing was queued.
        """
        names = [claim_key(entry.account, claim) for claim in claims]
        try:
            claimed = await self._client.mget(names)
        except (RedisError, OSError):
            raise Unavailable(Reason.QUEUE_UNAVAILABLE, UNREACHABLE) from None
        body = _digest(entry)
        try:
            depth, claim = (0, claimed[0]) if all(claimed) else await self._push(names, entry, body)
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
        """The engine's answer to the first one; None where it has not come in so many seconds.

        Raises Forgotten, RedisError, OSError.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            reached = int(await self._client.hget(STATE, STATE_SEQUENCE) or 0)
            reply = await self._search(claim) if reached >= claim.sequence else None
            if reply is not None or loop.time() >= deadline:
                return reply
            if reached >= claim.sequence + MAX_ENTRIES_BEFORE:
                raise Forgotten
            await asyncio.sleep(POLL_SECONDS)

    async def _push(self, names: list[str], entry: QueueEntry, body: str) -> tuple[int, bytes]:
        depth, claim = await self._claim(
            keys=[ORDER_QUEUE, STATE, *names],
            args=[encode(entry), STATE_SEQUENCE, entry.request_id, body, REMEMBERED_MILLISECONDS],
        )
        return depth, claim

    async def _search(self, claim: Claim) -> Reply | None:
        """From the commit that has the claimed sequence on."""
        start, end = entry_id(claim.sequence), claim.sequence + MAX_ENTRIES_BEFORE
        while start:
            page = await self._client.xrange(JOURNAL, start, "+", count=_PAGE)
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
    """Of what the client asked for."""
    asked = msgspec.structs.replace(entry, received_at=None, reply_to=None, request_id=None)
    return blake2b(encode(asked), digest_size=16).hexdigest()
