"""Whose orders those of `check` are: the headers that tell the gateway."""

import time
from collections.abc import Generator

import httpx

from launcher.check.target import Target
from protocol.headers import (
    ACCOUNT_HEADER,
    KEY_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
)
from protocol.signing import sign

ADVICE = "name a key that may trade: check --api-key KEY (and --api-secret, if it has a secret)"


class CheckCaller(httpx.Auth):
    """Name the target's account, or its API key, with a signature if the key has a secret."""

    requires_request_body = True

    def __init__(self, target: Target) -> None:
        self._target = target

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers to the request."""
        key, secret = self._target.api_key, self._target.api_secret
        if key is None:
            request.headers[ACCOUNT_HEADER] = self._target.account
        else:
            request.headers[KEY_HEADER] = key
        if key is not None and secret is not None:
            stamp = str(time.time_ns() // 1_000_000)
            path = request.url.raw_path.decode()
            request.headers[TIMESTAMP_HEADER] = stamp
            request.headers[SIGNATURE_HEADER] = sign(
                secret, stamp, request.method, path, request.content
            )
        yield request
