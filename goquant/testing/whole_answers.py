"""Answers about an account that have all that is matched, however far the archive is behind."""

from typing import Any, Protocol, TypeAlias

Json: TypeAlias = dict[str, Any]
_MOST = 120
"""Tries: the gateway waits for half a second in each."""


class AskGateway(Protocol):
    """Asks the gateway: method, path, body and account in, the answer out."""

    def __call__(self, method: str, path: str, body: Json | None, account: str, /) -> Json:
        """Ask."""


def read_whole(ask: AskGateway, path: str, account: str) -> Json:
    """Ask until the answer has all that is matched by now.

    Who acts on less does not act the same in each run. Raises TimeoutError if the archive never
    gets there.
    """
    reached = ask("GET", "/v1/clock", None, account)["sequence"]
    for _ in range(_MOST):
        answer = ask("GET", path, None, account)
        if answer["sequence"] >= reached:
            return answer
    raise TimeoutError(f"{path}: the archive is behind {reached}")
