"""Market data by REST, which answers 503 for a moment if Redis keeps it waiting."""

from typing import Any

import httpx

from tests.support.waiting import ask_until

Json = dict[str, Any]


def read_market(market_data_url: str, path: str) -> Json:
    """Return what it answers at `path` once it is in sync."""
    answer = ask_until(
        lambda: httpx.get(f"{market_data_url}{path}", timeout=20),
        lambda answer: answer.status_code != httpx.codes.SERVICE_UNAVAILABLE,
    )
    content: Json = answer.raise_for_status().json()
    return content
