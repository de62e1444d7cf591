"""Who calls: by API key, by signature, or, if authentication is off, by the account they name.

A request is signed by HMAC-SHA256 with the key's secret over timestamp + method + target + body:
the timestamp in milliseconds as sent in X-Timestamp, the target as sent (path and query).
"""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

from edge.api_keys import EVERY_SCOPE, ApiKey, Scope, name_keys
from order_gateway.admission.rate_limit import RateLimit
from order_gateway.admission.request_context import RequestContext
from protocol.commands import DEFAULT_ACCOUNT, check_account
from protocol.enums import Reason
from protocol.headers import (
    ACCOUNT_HEADER,
    KEY_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
)
from protocol.refusal import Refusal

_is_timestamp = re.compile(rb"\d{1,16}").fullmatch
_UNKNOWN_SECRET = b"of a key that nobody has"


class Caller(NamedTuple):
    """Who calls, and what they may do; `limit` is None if their requests are not counted."""

    account: str
    scopes: frozenset[Scope]
    key_name: str | None = None
    limit: RateLimit | None = None
    signature: str | None = None

    def check_permission(self, request: RequestContext, needs: Scope) -> None:
        """Raise Refusal if the scope is missing, or if X-Account names another account."""
        self.check_scope(needs)
        if request.headers.get(b"x-account", self.account.encode()) != self.account.encode():
            raise Refusal(
                Reason.FORBIDDEN, ACCOUNT_HEADER, f"this key is of account {self.account}"
            )

    def check_scope(self, needs: Scope) -> None:
        """Raise Refusal if the scope is missing."""
        if needs not in self.scopes:
            raise Refusal(Reason.FORBIDDEN, None, f"this needs a key with the scope {needs}")


class Authenticator(Protocol):
    """Finds out who calls."""

    def recognize(self, request: RequestContext) -> None:
        """Raise Refusal if the caller cannot be known, whatever the body is; it is not read yet."""

    def authenticate(self, request: RequestContext) -> Caller:
        """Return the caller; raise Refusal if it cannot be known."""

    def find_version(self) -> object:
        """Return what differs once other keys count."""

    def find_caller(self, request: RequestContext) -> Caller | None:
        """Return the caller of a request that was admitted, by the keys that count now."""


class OpenAuthentication:
    """Authentication is off: everybody may do everything, under any account."""

    def recognize(self, request: RequestContext) -> None:
        """Do nothing: everybody is known."""

    def find_version(self) -> object:
        """Return always the same: there are no keys."""
        return None

    def find_caller(self, request: RequestContext) -> Caller | None:
        """Return the caller: nobody has a key that could be retracted."""
        return Caller(request.account, EVERY_SCOPE)

    def authenticate(self, request: RequestContext) -> Caller:
        """Return the account of the header X-Account as the caller.

        A key is refused: who sends one means its account, and would trade under another.
        """
        if b"x-api-key" in request.headers:
            raise Refusal(
                Reason.UNAUTHORIZED,
                KEY_HEADER,
                f"authentication is off, no key has an account: leave out {KEY_HEADER}",
            )
        text = request.find_header(b"x-account")
        if text is None:
            return _ANYBODY
        try:
            return Caller(check_account(text), EVERY_SCOPE)
        except Refusal as refusal:
            raise Refusal(refusal.code, ACCOUNT_HEADER, refusal.detail) from None


class KeyAuthentication:
    """Authentication is on. Each key has its limit.

    A timestamp counts that fits one of the `clocks`, which tell milliseconds since 1970.
    """

    def __init__(
        self,
        keys: Sequence[ApiKey],
        receive_window_ms: int,
        limits: Sequence[RateLimit],
        clocks: Sequence[Callable[[], int]],
    ) -> None:
        self._window = receive_window_ms
        self._clocks = clocks
        # by digest, so that how long a look-up takes reveals nothing about the key
        self._keys = {
            sha256(key.key.encode()).digest(): (key, Caller(key.account, key.scopes, name, limit))
            for key, name, limit in zip(keys, name_keys(keys), limits, strict=True)
        }

    def recognize(self, request: RequestContext) -> None:
        """Raise Refusal for an unknown key, or for one whose signature is missing."""
        headers = request.headers
        key, _ = self._find(headers)
        if key is None or (key.secret is not None and b"x-signature" not in headers):
            raise _unauthorized()

    def authenticate(self, request: RequestContext) -> Caller:
        """Return the caller whose key is in X-API-Key; check the signature if the key needs one."""
        headers = request.headers
        timestamp = headers.get(b"x-timestamp")
        if timestamp is not None:
            self._check_timestamp(timestamp)
        key, caller = self._find(headers)
        signature = headers.get(b"x-signature")
        secret = key.secret if key else None
        if secret or signature is not None:
            proof = _sign(request, secret)
            is_right = hmac.compare_digest(proof.encode(), signature or b"")
            if not (is_right and secret and timestamp):
                raise _unauthorized()
            caller = caller._replace(signature=proof)
        if key is None:
            raise _unauthorized()
        return caller

    def find_version(self) -> object:
        """Return always the same: these keys do not change."""
        return self

    def find_caller(self, request: RequestContext) -> Caller | None:
        """Return the caller if key, secret and account are those under which it was admitted."""
        key, caller = self._find(request.headers)
        if key is None or caller.account != request.account:
            return None
        is_right = key.secret is None or _sign(request, key.secret) == request.signature
        return caller if is_right else None

    def _find(self, headers: Mapping[bytes, bytes]) -> tuple[ApiKey | None, Caller]:
        presented = headers.get(b"x-api-key", b"")
        return self._keys.get(sha256(presented).digest(), (None, _ANYBODY))

    def _check_timestamp(self, text: bytes) -> None:
        times = [read() for read in self._clocks]
        if not _is_timestamp(text) or not self._fits(int(text), times):
            raise Refusal(
                Reason.TIMESTAMP_OUT_OF_WINDOW,
                TIMESTAMP_HEADER,
                f"{TIMESTAMP_HEADER} must be milliseconds since 1970, at most {self._window} from"
                f" the gateway's clock, which says {times[0]}",
            )

    def _fits(self, timestamp: int, times: Sequence[int]) -> bool:
        return any(abs(timestamp - now) <= self._window for now in times)


def _sign(request: RequestContext, secret: str | None) -> str:
    timestamp = request.headers.get(b"x-timestamp", b"")
    signed = timestamp + request.method.encode() + request.target + request.body
    return hmac.new((secret or "").encode() or _UNKNOWN_SECRET, signed, sha256).hexdigest()


def _unauthorized() -> Refusal:
    """The same text for an unknown key, a missing one and a bad signature: it reveals nothing."""
    return Refusal(
        Reason.UNAUTHORIZED,
        None,
        f"the API key ({KEY_HEADER}) is missing or unknown, or the signature ({TIMESTAMP_HEADER},"
        f" {SIGNATURE_HEADER}) is missing or wrong: see /v1/docs",
    )


_ANYBODY = Caller(DEFAULT_ACCOUNT, EVERY_SCOPE)
