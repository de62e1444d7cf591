"""Take a load's open orders out of the books again."""

import time
from contextlib import suppress

import httpx

from benchmark.load.options import Plan
from benchmark.load.system import Target

_SECONDS = 60.0
_POLL_SECONDS = 0.05


def cancel_orders(target: Target, plan: Plan) -> None:
    """Cancel what the account has open in the load's symbols, and wait until it is gone.

    The books were empty before, so everything that the account has there is the load's.
    """
    for symbol in plan.symbols:
        with suppress(
            httpx.TimeoutException
        ):  # too slow to answer: the command is in the queue all the same
            httpx.delete(f"{target.gateway}/v1/orders?symbol={symbol}", headers=plan.headers)
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and not _are_empty(target, plan):
        time.sleep(_POLL_SECONDS)


def _are_empty(target: Target, plan: Plan) -> bool:
    for symbol in plan.symbols:
        answer = httpx.get(f"{target.market_data}/v1/bbo/{symbol}", timeout=_SECONDS)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return False  # out of sync for a moment
        bbo = answer.json()
        if bbo["bid"] or bbo["ask"]:
            return False
    return True
