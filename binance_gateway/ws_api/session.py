"""What belongs to one connection of the WebSocket API: who is logged on, what it follows."""

from dataclasses import dataclass

from binance_gateway.signing.keys import Signer
from binance_gateway.words.times import TimeUnit
from binance_gateway.ws_api.subscriptions import Subscriptions


@dataclass(slots=True)
class Session:
    """One connection; moments in microseconds. `signer` is who is logged on, None: nobody."""

    address: str
    unit: TimeUnit
    returns_limits: bool
    connected_since: int
    subscriptions: Subscriptions
    signer: Signer | None = None
    authorized_since: int | None = None

    def describe(self, now: int) -> dict[str, object]:
        """Return the result of `session.status`."""
        since = self.authorized_since
        return {
            "apiKey": self.signer.key if self.signer else None,
            "authorizedSince": None if since is None else self.unit.of(since),
            "connectedSince": self.unit.of(self.connected_since),
            "returnRateLimits": self.returns_limits,
            "serverTime": self.unit.of(now),
            "userDataStream": bool(self.subscriptions.ids),
        }
