"""The public id of an exchange. If the data is wiped, another exchange begins, with another id."""

import secrets
from hashlib import blake2b

_KEY_BYTES = 32


def derive_exchange_id(id_key: bytes) -> str:
    """Return 16 hex digits made of the state's `id_key`, which do not reveal it."""
    return blake2b(id_key, digest_size=8, person=b"exchange_id").hexdigest()


def derive_shard_key(id_key: bytes, shard: int) -> bytes:
    """Return the key for order ids of a shard from 2 on; the first one's is `id_key` itself."""
    key = blake2b(b"%d" % shard, digest_size=_KEY_BYTES, key=id_key, person=b"shard").digest()
    return key + bytes([shard - 1]) if tells_shard(id_key) else key


def make_id_key(seed: str | None, resets: int = 0, *, has_shards: bool = False) -> bytes:
    """Make the key for order ids: by chance, or from the seed and how often all began anew.

    `has_shards`: the exchange begins with several, and its order ids tell theirs.
    """
    if seed is None:
        key = secrets.token_bytes(_KEY_BYTES)
    else:
        key = blake2b(f"{seed}\0{resets}".encode(), digest_size=_KEY_BYTES).digest()
    return key + b"\0" if has_shards else key


def tells_shard(id_key: bytes) -> bool:
    """Whether ids that are made with the key tell their shard: its last byte is that, less one."""
    return len(id_key) > _KEY_BYTES
