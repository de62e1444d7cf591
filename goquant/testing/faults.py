"""Faults on command: an exchange that misbehaves as a test asks."""

from collections.abc import Callable
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, str, Json | None], Json]
"""Asks one of the services: method, path and body in, the answer out."""

_PATH = "/v1/admin/faults"


class Faults:
    """The faults of one service; `edge.fault_rules.FaultRule` says what a rule may have."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.are_set = False
        """Whether a rule was added here, and not ended."""

    def add(self, fault: str, **rule: Any) -> Json:
        """Put a rule in force: `add("lose", route="POST /v1/orders", every=3, seed=7)`.

        Returns it with its `id`. Raises httpx.HTTPStatusError for a bad rule, and if the exchange
        was not started with FAULTS=on.
        """
        added = self._ask("POST", _PATH, {"fault": fault} | rule)
        self.are_set = True
        return added

    def list(self) -> list[Json]:
        """Return the rules in force, each with how many requests it `matched` and `injected`."""
        found: list[Json] = self._ask("GET", _PATH, None)["faults"]
        return found

    def clear(self) -> None:
        """End all of them."""
        self._ask("DELETE", _PATH, None)
        self.are_set = False
