"""The example bot before an exchange that misbehaves: it comes through with the right position."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_type_hints

import httpx
import pytest

from edge.fault_rules import FaultRule
from goquant.testing.exchange import Exchange
from launcher.setup.environment import ROOT
from tests.support.waiting import DEADLINE_SECONDS, wait_until

TRADES = 5
OF_STREAMS = ("drop", "duplicate", "reorder", "silence", "delay", "disconnect")
OF_REQUESTS: tuple[dict[str, Any], ...] = (
    {"fault": "reset"},
    {"fault": "lose"},
    *({"fault": "refuse", "status": status} for status in (429, 500, 503)),
    *({"fault": "delay", "distribution": each} for each in ("fixed", "normal", "pareto")),
    {"fault": "delay", "direction": "answer"},
    {"fault": "skew"},
    {"fault": "halt"},
)


class Bot:
    """A market maker that runs, and what it printed."""

    def __init__(self, market: Exchange, folder: Path) -> None:
        self._output = folder / "bot.out"
        arguments = [
            "--gateway", market.gateway_url, "--feed", market.feed_url, "--account", "bot",
            "--price", "60000", "--size", "0.1", "--most", "5",
        ]  # fmt: skip
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "examples.market_maker", *arguments], cwd=ROOT,
                stdout=output, stderr=output, env=os.environ | {"PYTHONPATH": str(ROOT)},
            )  # fmt: skip

    def read_holding(self) -> Decimal | None:
        """What it said last that it holds."""
        found = re.findall(r"holds (-?[\d.]+),", self._output.read_text())
        return Decimal(found[-1]) if found else None


def read_position(market: Exchange) -> Decimal:
    [position] = market.ask("GET", "/v1/positions", account="bot")["positions"]
    return Decimal(position["quantity"])


@contextmanager
def run_bot(market: Exchange, folder: Path) -> Iterator[Bot]:
    """Run it; in the end it has counted what it holds as the exchange has."""
    bot = Bot(market, folder)
    try:
        yield bot
        wait_until(lambda: bot.read_holding() == read_position(market), "it has counted right")
        bot.process.send_signal(signal.SIGINT)
        assert bot.process.wait(DEADLINE_SECONDS) == 0
    finally:
        bot.process.kill()
        bot.process.wait()
    assert bot.read_holding() == read_position(market)


def trade(market: Exchange, count: int) -> None:
    """Buy from it and sell to it by turns, each as soon as it quotes."""
    for number in range(count):
        side, taken = (("buy", "asks"), ("sell", "bids"))[number % 2]
        wait_until(partial(read_side, market, taken), "it quotes")
        market.order("taker", side, "0.04")


def read_side(market: Exchange, side: str) -> object:
    return market.book()[side]


def test_bot_meets_every_fault_that_there_is() -> None:
    met = [*OF_REQUESTS, {"fault": "restart"}, *({"fault": fault} for fault in OF_STREAMS)]
    types = get_type_hints(FaultRule)
    for field in ("fault", "status", "distribution", "direction"):
        default = getattr(FaultRule("reset"), field)
        assert {rule.get(field, default) for rule in met} == set(get_args(types[field])), field


@pytest.mark.parametrize("fault", OF_STREAMS)
def test_bot_comes_through_a_fault_of_its_streams(
    market: Exchange, tmp_path: Path, fault: str
) -> None:
    rule = {"times": 4, "milliseconds": 200}
    reports = {"route": "WS /ws/orders", "contains": "execution_report"}
    orders = market.faults.add(fault, every=3, **reports, **rule)
    feed = market.feed_faults.add(fault, every=4, route="WS /ws/market-data", **rule)
    with run_bot(market, tmp_path):
        trade(market, TRADES)
    for faults, added in ((market.faults, orders), (market.feed_faults, feed)):
        [counted] = faults.list()
        assert (counted["id"], counted["injected"] > 0) == (added["id"], True)


def test_bot_comes_through_each_fault_of_the_gateway(market: Exchange, tmp_path: Path) -> None:
    """Requests that break before they are done and after, refusals, delays, a halt of orders."""
    with run_bot(market, tmp_path):
        trade(market, 1)
        for kind in OF_REQUESTS:
            market.faults.add(**kind, account="bot", every=2, times=2, milliseconds=300)
            trade(market, 2)
            wait_until(lambda: market.faults.list()[0]["injected"], f"it meets {kind}")
            market.faults.clear()
        trade(market, TRADES)


def test_bot_comes_through_a_restart_of_the_gateway(market: Exchange, tmp_path: Path) -> None:
    """Its streams and requests break, and it is over before it is given up."""
    with run_bot(market, tmp_path):
        trade(market, 1)
        market.faults.add("restart", account="bot", every=3, times=1, milliseconds=300)
        wait_until(lambda: has_restarted(market), "it meets the restart, which ends")
        trade(market, TRADES)


def has_restarted(market: Exchange) -> object:
    """Whether it broke and is over: asked in this order, for it may begin between two requests."""
    return market.faults.list()[0]["injected"] and is_up(market)


def is_up(market: Exchange) -> bool:
    try:
        market.ask("GET", "/v1/clock")
    except httpx.TransportError:
        return False
    return True


def test_bot_comes_through_a_halt(market: Exchange, tmp_path: Path) -> None:
    with run_bot(market, tmp_path):
        trade(market, 2)
        market.ask("POST", "/v1/instruments/BTC-USDT/halt")
        market.ask("POST", "/v1/instruments/BTC-USDT/resume")
        trade(market, 2)


def test_skewed_answer_has_its_fault_and_another_time(market: Exchange) -> None:
    before = market.clock.now
    market.faults.add("skew", route="GET /v1/clock", milliseconds=90_000, times=1)
    assert (before, market.clock.now) == (
        "2026-01-01T00:00:00.000000Z", "2026-01-01T00:01:30.000000Z",
    )  # fmt: skip
    assert market.clock.now == before
