"""Market data's REST door, which answers 503 for a moment where Redis keeps it waiting."""

from typing import Any

import httpx

from tests.support.waiting import wait_until

Json = dict[str, Any]


def read_market(market_data_url: str, path: str) -> Json:
    """What it answers at `path` once it is in sync."""
    answers: list[httpx.Response] = []

    def is_answered() -> bool:
        answers.append(httpx.get(f"{market_data_url}{path}", timeout=20))
        return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

    wait_until(is_answered, f"{path} is answered", seconds=30)
    answer: Json = answers[-1].raise_for_status().json()
    return answer
