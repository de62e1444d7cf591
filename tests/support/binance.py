"""Requests to the Binance gateway, signed as its clients sign them."""

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode

import httpx

Json = dict[str, Any]
_SECONDS = 30.0


def sign(secret: str, payload: str) -> str:
    """Return the signature of a payload."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def now() -> int:
    """Return the clock's milliseconds."""
    return time.time_ns() // 1_000_000


class BinanceClient:
    """Asks as one account, whose name is its key and its secret."""

    def __init__(self, url: str, account: str) -> None:
        self.account = account
        self._http = httpx.Client(
            base_url=url, timeout=_SECONDS, trust_env=False, headers={"X-MBX-APIKEY": account}
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, method: str, path: str, **parameters: Any) -> httpx.Response:
        """Send a request without a signature."""
        return self._http.request(method, _complete(path), params=parameters or None)

    def send(self, method: str, path: str, **parameters: Any) -> httpx.Response:
        """Send a signed request, with all parameters in the query."""
        query = self.make_query(**parameters)
        return self._http.request(method, f"{_complete(path)}?{query}")

    def send_form(self, method: str, path: str, **parameters: Any) -> httpx.Response:
        """Send a signed request, with all parameters in the body."""
        form = self.make_query(**parameters)
        return self._http.request(method, _complete(path), content=form)

    def make_query(self, **parameters: Any) -> str:
        """Return the parameters with a timestamp, unless they have one, and the signature."""
        payload = urlencode(parameters | {"timestamp": parameters.get("timestamp", now())})
        return f"{payload}&signature={sign(self.account, payload)}"

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the answer to a signed question."""
        answer = self.send("GET", path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def place(self, side: str, kind: str, **parameters: Any) -> Json:
        """Place an order for BTCUSDT that is accepted; return the answer."""
        answer = self.send(
            "POST", "order", **{"symbol": "BTCUSDT", "side": side, "type": kind} | parameters
        )
        assert answer.status_code == 200, answer.text
        placed: Json = answer.json()
        return placed

    def cancel_all(self) -> None:
        """Cancel what is open for BTCUSDT."""
        self.send("DELETE", "openOrders", symbol="BTCUSDT")


def _complete(path: str) -> str:
    return path if path.startswith("/") else f"/api/v3/{path}"
