"""The signature of a request to the gateway.

A request is signed by HMAC-SHA256 with the key's secret over timestamp + method + target + body:
the timestamp in milliseconds as sent in X-Timestamp, the target as sent (path and query).
"""

import hmac
from hashlib import sha256


def sign(secret: str, timestamp: str, method: str, target: str, body: bytes = b"") -> str:
    """Return the signature of a request, as X-Signature takes it."""
    message = f"{timestamp}{method}{target}".encode() + body
    return hmac.new(secret.encode(), message, sha256).hexdigest()
