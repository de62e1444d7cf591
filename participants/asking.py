"""How a participant asks the gateway."""

from collections.abc import Callable
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, str, Json | None, str], Json]
"""Asks the gateway: method, path, body and account in, the answer out."""
Send: TypeAlias = Callable[[str, list[Json]], None]
"""Sends new orders of an account whose answers nobody needs: they may wait for the next question,
which has them behind it."""


def send_by(ask: Ask) -> Send:
    """Return what sends orders at once, and waits until they are handled."""

    def send(account: str, orders: list[Json]) -> None:
        ask("POST", "/v1/orders/batch?response=result", {"orders": orders}, account)

    return send
