"""The public id of an exchange. If the data is wiped, another exchange begins, with another id."""

import secrets
from hashlib import blake2b


def derive_exchange_id(id_key: bytes) -> str:
    """Return 16 hex digits made of the state's `id_key`, which do not reveal it."""
    return blake2b(id_key, digest_size=8, person=b"exchange_id").hexdigest()


def derive_shard_key(id_key: bytes, shard: int) -> bytes:
    """Return the key for order ids of a shard from 2 on; the first one's is `id_key` itself."""
    return blake2b(b"%d" % shard, digest_size=32, key=id_key, person=b"shard").digest()


def make_id_key(seed: str | None, resets: int = 0) -> bytes:
    """Make the key for order ids: by chance, or from the seed and how often all began anew."""
    if seed is None:
        return secrets.token_bytes(32)
    return blake2b(f"{seed}\0{resets}".encode(), digest_size=32).digest()
