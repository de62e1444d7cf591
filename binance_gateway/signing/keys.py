"""Whose key it is, what it may do, and how its signatures are checked."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Protocol

from binance_gateway.signing.signatures import Verify, verify_by_public_key, verify_by_secret
from binance_gateway.words import errors
from edge.api_keys import EVERY_SCOPE, ApiKey, Scope, name_keys
from edge.watched_keys import WatchedKeys
from protocol.commands import is_identifier

_MAX_REMEMBERED = 1_000
_is_key_character = frozenset(map(chr, range(0x21, 0x7F))).issuperset


class Signer(NamedTuple):
    """Whose requests a key signs; `verify` is None if it cannot sign."""

    key: str
    account: str
    scopes: frozenset[Scope]
    verify: Verify | None
    key_name: str | None = None


FindSigner = Callable[[str], Signer]
"""Returns the signer of a key; raises BinanceError if there is none."""


class Signers(Protocol):
    """The keys that count now."""

    def find(self, key: str) -> Signer:
        """Return the signer of a key; raise BinanceError if there is none."""

    def may_read(self, digest: str, account: str) -> bool:
        """Whether the key of this digest still counts, and for what happens to the account."""


class NamedSigners:
    """Authentication is off: an account's name is its key, and never retracted."""

    def find(self, key: str) -> Signer:
        """Return the signer of an account; raise BinanceError if none can have this name."""
        return find_named_signer(key)

    def may_read(self, digest: str, account: str) -> bool:  # noqa: ARG002
        """Return True."""
        return True


@lru_cache(maxsize=_MAX_REMEMBERED)
def _name_signer(key: str) -> Signer:
    return Signer(key, key, EVERY_SCOPE, verify_by_secret(key.encode()))


def find_named_signer(key: str) -> Signer:
    """Return the signer where authentication is off: the key is an account's name, and its secret.

    Raise BinanceError if no account can have this name.
    """
    if not is_identifier(key):
        raise errors.BAD_KEY_FORMAT()
    return _name_signer(key)


class KeyRing:
    """The signers of the keys that there are; raise ValueError for a public key that is none."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        # by digest, so that how long a look-up takes reveals nothing about the key
        self._signers = {
            digest_key(key.key): Signer(key.key, key.account, key.scopes, _make_verify(key), name)
            for key, name in zip(keys, name_keys(keys), strict=True)
        }

    def find(self, key: str) -> Signer:
        """Return the signer of `key`; raise BinanceError if there is none."""
        if not key or not _is_key_character(key):
            raise errors.BAD_KEY_FORMAT()
        signer = self._signers.get(digest_key(key))
        if signer is None:
            raise errors.REJECTED_KEY()
        return signer

    def may_read(self, digest: str, account: str) -> bool:
        """Whether there is a key of this digest, and it is for what happens to the account."""
        signer = self._signers.get(digest)
        return signer is not None and signer.account == account and Scope.READ in signer.scopes


class WatchedSigners:
    """The keys that a file has now."""

    def __init__(self, file: Path, read: Callable[[], Sequence[ApiKey]]) -> None:
        self._watched = WatchedKeys(file, lambda: KeyRing(read()))

    def find(self, key: str) -> Signer:
        """Return the signer of `key`; raise BinanceError if there is none."""
        return self._watched.find().find(key)

    def may_read(self, digest: str, account: str) -> bool:
        """Whether the key still counts, and for what happens to the account."""
        return self._watched.find().may_read(digest, account)


def digest_key(key: str) -> str:
    """Return what may be kept of a key where others could read it, in hexadecimal."""
    return sha256(key.encode()).hexdigest()


def _make_verify(key: ApiKey) -> Verify | None:
    if key.public_key is not None:
        return verify_by_public_key(key.public_key)
    return None if key.secret is None else verify_by_secret(key.secret.encode())
