"""The public id of an exchange. If the data is wiped, another exchange begins, with another id."""

from hashlib import blake2b


def derive_exchange_id(id_key: bytes) -> str:
    """Return 16 hex digits made of the state's `id_key`, which do not reveal it."""
    return blake2b(id_key, digest_size=8, person=b"exchange_id").hexdigest()
