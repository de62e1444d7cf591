"""An exchange that can begin anew while its services run: one for tests, born `EPHEMERAL=on`."""

from pathlib import Path
from typing import cast

from redis import Redis

from engine.storage.order_queue import check_answer
from protocol import channels, codec
from protocol.commands import QueueEntry
from protocol.events import Reply, ReplyMessage
from protocol.exchange_id import make_id_key
from protocol.shards import FIRST, ShardNames

_RESET = (Path(__file__).parent / "reset_exchange.lua").read_text()
_KEPT = (
    channels.STATE_OWNER,
    channels.STATE_EPOCH,
    channels.STATE_PROTOCOL,
    channels.STATE_CLOSED_ORDERS,
    channels.STATE_CLOCK_MODE,
    channels.STATE_EPHEMERAL,
    channels.STATE_SEED,
    channels.STATE_RESETS,
)
"""The fields of the state that a reset leaves: who owns it, and what was fixed at its birth."""


def reset_exchange(client: Redis, raw: bytes, entry: QueueEntry, owner: bytes) -> None:
    """Begin anew for the `reset` at the list's head, and answer it.

    Raises Fenced if another engine has taken over, CommitRefused if the head is another.
    """
    reply = b""
    if entry.reply_to and entry.request_id:
        reply = codec.encode(ReplyMessage([_accept(entry.request_id)]))
    answer = client.register_script(_RESET)(
        keys=[channels.ORDER_QUEUE, channels.STATE, channels.LEASE],
        args=[
            owner,
            raw,
            channels.companion_pattern(),
            _make_next_key(client).hex(),
            channels.RESETS,
            channels.reply_channel(entry.reply_to or ""),
            reply,
            *_KEPT,
        ],
    )
    check_answer(cast(bytes, answer))


def is_ephemeral(client: Redis, names: ShardNames = FIRST) -> bool:
    """Whether the exchange can begin anew."""
    return bool(client.hexists(names.state, channels.STATE_EPHEMERAL))


def _accept(request_id: str) -> Reply:
    return Reply(request_id, 0, None, None, None, duplicate=False, order=None, fills=[])


def _make_next_key(client: Redis) -> bytes:
    fields = [channels.STATE_SEED, channels.STATE_RESETS]
    seed, resets = cast(list[bytes | None], client.hmget(channels.STATE, fields))
    return make_id_key(None if seed is None else seed.decode(), int(resets or 0) + 1)
