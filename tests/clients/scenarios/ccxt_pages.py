"""ccxt: all orders and trades of an account that has more than a page of each."""

from collections.abc import Callable
from typing import Any

from tests.clients.scenarios.recipes import Names, run_recipes

PAIR = "BTC/USDT"
PAGE = 1_000
EXPECTED = 1_100


def read(mine: Names, _other: Names) -> None:
    """Turn the pages by id, as its users do."""
    exchange = mine["exchange"]
    orders = turn(lambda first: exchange.fetch_orders(PAIR, None, PAGE, {"orderId": first}))
    trades = turn(lambda first: exchange.fetch_my_trades(PAIR, None, PAGE, {"fromId": first}))
    assert [len(orders), len(trades)] == [EXPECTED] * 2, (len(orders), len(trades))
    assert {each["status"] for each in orders} == {"closed"}
    assert [each["order"] for each in trades] == [each["id"] for each in orders]


def turn(fetch: Callable[[int], list[Any]]) -> list[Any]:
    """Return what all pages have, by id; each begins behind the last id of the one before.

    A page may have another order: ccxt sorts by time, which some have in common.
    """
    found: list[Any] = []
    while page := fetch(int(found[-1]["id"]) + 1 if found else 0):
        found += sorted(page, key=lambda each: int(each["id"]))
    return found


if __name__ == "__main__":
    run_recipes(read)
