"""Realistic queue entries: the mix of passive orders, cancels and takers of a busy book."""

import random
from collections.abc import Iterator

from protocol import codec
from protocol.commands import DEFAULT_ACCOUNT, QueueEntry, derive_order_id
from protocol.enums import CommandType, OrderType, Side
from protocol.timestamps import format_timestamp, now_in_microseconds

_MIDDLE = 6_000_000
_CANCEL_SHARE, _PASSIVE_SHARE = 0.4, 0.9


def make_entries(count: int, id_key: bytes, seed: int = 1) -> list[bytes]:
    """Make `count` encoded entries for BTC-USDT: passive orders, 40 % cancels, 6 % takers."""
    return list(_generate(count, id_key, random.Random(seed)))


def _generate(count: int, id_key: bytes, chance: random.Random) -> Iterator[bytes]:
    live: list[str] = []
    received_at = format_timestamp(now_in_microseconds())
    for number in range(count):
        if live and chance.random() < _CANCEL_SHARE:
            at = chance.randrange(len(live))
            live[at], live[-1] = live[-1], live[at]
            order_id = live.pop()
            cancel = QueueEntry(
                command=CommandType.CANCEL, order_id=order_id, received_at=received_at
            )
            yield codec.encode(cancel)
        else:
            client_order_id = f"{_make_prefix(chance)}-{number:012d}"
            order_id = str(derive_order_id(id_key, DEFAULT_ACCOUNT, client_order_id))
            live.append(order_id)
            entry = _make_order(chance)
            entry.order_id, entry.client_order_id = order_id, client_order_id
            entry.received_at = received_at
            yield codec.encode(entry)


def _make_prefix(chance: random.Random) -> str:
    """Make a prefix as long as that of an id that a gateway makes."""
    return f"{chance.getrandbits(76):019x}"


def _make_order(chance: random.Random) -> QueueEntry:
    side = chance.choice((Side.BUY, Side.SELL))
    is_passive = chance.random() < _PASSIVE_SHARE
    distance = chance.randrange(1, 20_000) if is_passive else -500
    ticks = _MIDDLE - distance if side is Side.BUY else _MIDDLE + distance
    return QueueEntry(
        "BTC-USDT",
        side,
        OrderType.LIMIT,
        f"{chance.random() + 0.00001:.5f}",
        f"{ticks // 100}.{ticks % 100:02d}",
    )
