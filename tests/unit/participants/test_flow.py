"""A population's orders: the same for the same seed, a market for every seed."""

from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from launcher.setup.command_line import MARKETS
from participants.actors import draw_poisson
from participants.flow import Flow
from participants.markets import Market, load_market
from protocol.enums import MarketName
from tests.support.instruments import make_instrument
from tests.support.simulated_book import SimulatedBook

Json = dict[str, Any]
STEPS = 200
BTC = make_instrument("BTC-USDT", "0.01", "0.00001")


class Gateway:
    """Takes everything, and gives each maker what it begins with."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str, Json | None]] = []

    def ask(self, method: str, path: str, body: Json | None, account: str) -> Json:
        self.asked.append((method, path, account, body))
        if path == "/v1/balances":
            return {"balances": [{"asset": "BTC", "free": "100", "locked": "0"}], "sequence": 7}
        return {"sequence": 7}

    def list_orders(self, prefix: str) -> list[Json]:
        bodies = [body for *_, account, body in self.asked if body and account.startswith(prefix)]
        return [order for body in bodies for order in body["orders"]]


def load_population(name: str) -> Market:
    market = load_market(name)
    assert isinstance(market, Market)
    return market


def run(market: str, seed: int, steps: int = STEPS) -> Gateway:
    gateway = Gateway()
    flow = Flow(gateway.ask, load_population(market), BTC, seed, "run")
    for _ in range(steps):
        flow.step()
    return gateway


def test_same_seed_makes_the_same_orders() -> None:
    assert run("demo", 7).asked == run("demo", 7).asked
    assert run("demo", 7).asked != run("demo", 8).asked


@pytest.mark.parametrize("market", ["demo", "quiet", "volatile"])
def test_ladders_have_their_levels_and_never_cross(market: str) -> None:
    gateway = run(market, 1, steps=1)
    levels = load_population(market).levels
    orders = gateway.list_orders("maker-1")
    prices = {
        side: [Decimal(order["price"]) for order in orders if order["side"] == side]
        for side in ("buy", "sell")
    }
    assert [len(each) for each in prices.values()] == [levels, levels]
    assert max(prices["buy"]) < min(prices["sell"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_half_an_hour_keeps_its_spread_its_levels_and_its_makers(seed: int) -> None:
    market = SimulatedBook(BTC)
    flow = Flow(market.ask, load_population("demo"), BTC, seed, "run")
    for _ in range(1800):
        flow.step()
        assert 0.5 <= market.find_spread() <= 3
        assert market.count_levels() >= 20
    held = [abs(market.traded[maker]) / 100_000 for maker in ("maker-1", "maker-2")]
    assert max(held) < 20
    flow.stop()
    assert market.book.bids == market.book.asks == []


def test_maker_that_the_price_has_left_quotes_anew_in_a_storm_twice_as_wide() -> None:
    gateway = Gateway()
    market = msgspec.structs.replace(load_population("demo"), requote=0.0)
    flow = Flow(gateway.ask, market, BTC, 1, "run", iter([6_000_000] * 9 + [6_100_000] * 9))
    for _ in range(18):
        flow.step()
    orders = gateway.list_orders("maker-1")
    assert [len(orders), orders[0]["price"], orders[-1]["price"]] == [
        4 * market.levels, "59996.40", "61090.00",
    ]  # fmt: skip


def test_every_kind_of_taker_comes() -> None:
    gateway = run("demo", 3)
    for name in ("noise", "momentum", "reverting"):
        orders = gateway.list_orders(name)
        assert orders
        assert {order["order_type"] for order in orders} == {"market"}
        assert {order["side"] for order in orders} == {"buy", "sell"}


def test_arrivals_have_their_mean() -> None:
    chance = Random(1)
    drawn = [draw_poisson(0.6, chance) for _ in range(10_000)]
    assert 0.57 < sum(drawn) / len(drawn) < 0.63


def test_unknown_market_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="'wild' is not known; there are demo, quiet, volatile, "):
        load_market("wild")


def test_bad_parameter_is_named(tmp_path: Path) -> None:
    file = tmp_path / "markets.toml"
    file.write_text('[demo]\nkind = "population"\nmakers = 2\n')
    with pytest.raises(ValueError, match="start_price"):
        load_market("demo", file)


def test_launcher_knows_the_markets() -> None:
    assert tuple(MarketName) == MARKETS
    for name in MarketName:
        load_market(name)
