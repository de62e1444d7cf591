"""Signatures over the bytes as they came: nothing is decoded, sorted or encoded again."""

import base64
import binascii
import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any

_BLOCK = 64
_INNER_PAD = bytes(each ^ 0x36 for each in range(256))
_OUTER_PAD = bytes(each ^ 0x5C for each in range(256))

Verify = Callable[[bytes, str], bool]
"""Whether a text is the signature of a payload."""


def verify_by_secret(secret: bytes) -> Verify:
    """Return the check of HMAC-SHA256 with `secret`, in hex of any case.

    The two hashes begin with the secret (RFC 2104) and are copied for each payload: to begin them
    anew takes longer than to hash one.
    """
    block = (secret if len(secret) <= _BLOCK else sha256(secret).digest()).ljust(_BLOCK, b"\0")
    begun_inner, begun_outer = (sha256(block.translate(pad)) for pad in (_INNER_PAD, _OUTER_PAD))

    def verify(payload: bytes, signature: str) -> bool:
        inner, outer = begun_inner.copy(), begun_outer.copy()
        inner.update(payload)
        outer.update(inner.digest())
        return hmac.compare_digest(outer.hexdigest().encode(), signature.lower().encode())

    return verify


def verify_by_public_key(pem: str) -> Verify:
    """Return the check of Ed25519 or of RSASSA-PKCS1-v1_5 with SHA-256, in base64.

    Raise ValueError if `pem` is no public key of these.
    """
    # loaded by those alone who have such a key: it takes 10 MB
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey):
        raise ValueError("a public_key must be an Ed25519 or RSA key in PEM")  # noqa: TRY004 - a value of a file
    more: tuple[Any, ...] = () if isinstance(key, Ed25519PublicKey) else (PKCS1v15(), SHA256())

    def verify(payload: bytes, signature: str) -> bool:
        try:
            key.verify(base64.b64decode(signature, validate=True), payload, *more)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    return verify
