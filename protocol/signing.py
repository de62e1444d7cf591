"""How a caller of the gateway names itself: headers, and the signature of a request.

A request is signed by HMAC-SHA256 with the key's secret over timestamp + method + target + body:
the timestamp in milliseconds as sent in X-Timestamp, the target as sent (path and query).
"""

import hmac
from hashlib import sha256

ACCOUNT_HEADER = "X-Account"
KEY_HEADER = "X-API-Key"
TIMESTAMP_HEADER = "X-Timestamp"
SIGNATURE_HEADER = "X-Signature"


def sign(secret: str, timestamp: str, method: str, target: str, body: bytes = b"") -> str:
    """The signature of a request, as X-Signature wants it."""
    message = f"{timestamp}{method}{target}".encode() + body
    return hmac.new(secret.encode(), message, sha256).hexdigest()
