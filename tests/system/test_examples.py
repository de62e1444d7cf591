"""The example programs do what they say, against a running system."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from launcher.setup.environment import ROOT
from launcher.supervision.run_file import RunRecord
from tests.support import http
from tests.support.launched_system import REAL, launch
from tests.support.trader import Trader
from tests.support.waiting import DEADLINE_SECONDS, wait_until

SYMBOL = "SOL-USDT"
_numbers = count()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunRecord]:
    """One whose books are empty, before and after each test."""
    with launch(REAL, tmp_path_factory.mktemp("examples") / "data") as system:
        yield system.wait_until_ready()


class Program:
    """A market maker that runs, and what it printed."""

    def __init__(self, exchange: RunRecord, output: Path, account: str) -> None:
        self._exchange = exchange
        self.account = account
        self._output = output
        feed = exchange.feed_url
        addresses = ("--gateway", exchange.gateway_url, "--feed", feed)
        values = ("--symbol", SYMBOL, "--account", account, "--price", "150", "--size", "1")
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "examples.market_maker", *addresses, *values, "--most", "5"],
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )

    @property
    def output(self) -> str:
        """All that it wrote."""
        return self._output.read_text()

    def read_quotes(self) -> tuple[list[list[str]], list[list[str]]]:
        """Bids and asks of the book."""
        url = f"{self._exchange.market_data_url}/v1/orderbook/{SYMBOL}"
        book = http.get(url).json()
        return book["bids"], book["asks"]

    def read_position(self) -> tuple[Decimal, Decimal]:
        """What the exchange says that it holds, and how far it is ahead at a price of 150."""
        url, headers = f"{self._exchange.gateway_url}/v1/positions", {"X-Account": self.account}
        [found] = http.get(url, headers=headers).json()["positions"]
        quantity = Decimal(found["quantity"])
        return quantity, Decimal(found["realized"]) - Decimal(found["cost"]) + 150 * quantity

    def has_quotes(self) -> bool:
        """Whether it quotes both sides in full."""
        bids, asks = self.read_quotes()
        return [quantity for _, quantity in bids + asks] == ["1.000", "1.000"]


@contextmanager
def make_market(exchange: RunRecord, folder: Path, account: str) -> Iterator[Program]:
    program = Program(exchange, folder / "maker.out", account)
    try:
        wait_until(program.has_quotes, "it quotes both sides")
        yield program
    finally:
        program.process.kill()
        program.process.wait()


@pytest.fixture
def maker(exchange: RunRecord, tmp_path: Path) -> Iterator[Program]:
    with make_market(exchange, tmp_path, f"maker-{next(_numbers)}") as program:
        yield program


def test_market_maker_leans_against_what_it_holds_and_leaves_nothing_behind(
    exchange: RunRecord, maker: Program
) -> None:
    bids, asks = maker.read_quotes()
    assert (bids[0][0], asks[0][0]) == ("149.925", "150.075")
    with Trader(exchange.gateway_url) as trader:
        assert trader.order("sell", "1", symbol=SYMBOL)["average_price"] == "149.92500000"
    wait_until(lambda: "buy 1.000 at 149.925: holds 0.999" in maker.output, "it tells its trade")
    wait_until(lambda: maker.has_quotes() and maker.read_quotes() != (bids, asks), "it leans")
    lower_bids, lower_asks = maker.read_quotes()
    assert (lower_bids[0][0], lower_asks[0][0]) == ("149.910", "150.061")
    maker.process.send_signal(signal.SIGINT)
    assert maker.process.wait(DEADLINE_SECONDS) == 0
    wait_until(lambda: maker.read_quotes() == ([], []), "its orders are canceled")
    assert maker.output.splitlines()[-1] == "holds 0.999, ahead by -0.08 at 150"


def test_market_maker_goes_on_with_what_it_held(
    exchange: RunRecord, maker: Program, tmp_path: Path
) -> None:
    assert "begins with 0\n" in maker.output
    with Trader(exchange.gateway_url) as trader:
        trader.order("sell", "1", symbol=SYMBOL)
        wait_until(lambda: "buy 1.000" in maker.output, "it tells its trade")
        wait_until(maker.has_quotes, "it quotes both sides")
        trader.order("buy", "1", symbol=SYMBOL)
    wait_until(lambda: "sell 1.000" in maker.output, "it tells its trade")
    holds, ahead = maker.read_position()
    assert f"holds {holds.normalize():f}, ahead by {ahead:.2f} at 150" in maker.output
    maker.process.send_signal(signal.SIGINT)
    assert maker.process.wait(DEADLINE_SECONDS) == 0
    again = tmp_path / "again"
    again.mkdir()
    with make_market(exchange, again, maker.account) as successor:
        assert f"begins with {holds.normalize():f}\n" in successor.output
        assert holds == Decimal("-0.001")


def test_killed_market_makers_orders_are_canceled_by_the_exchange(maker: Program) -> None:
    maker.process.kill()
    wait_until(lambda: maker.read_quotes() == ([], []), "the switch has acted")


def test_what_is_wrong_is_said_in_one_line(exchange: RunRecord) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "examples.market_maker", *arguments]
        finished = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert finished.returncode == 1
        return finished.stderr

    gateway = ("--gateway", exchange.gateway_url)
    assert run(*gateway, "--size", "0.0000001") == "--size must be a multiple of 0.00001\n"
    assert "it could never quote" in run(*gateway, "--size", "2")
    assert run(*gateway, "--symbol", "XXX") == (
        "XXX is not traded; symbols are BTC-USDT, ETH-USDT, SOL-USDT\n"
    )
    assert run(*gateway, "--feed", f"{exchange.gateway_url}/ws") == (
        f"{exchange.gateway_url}/ws?channels=heartbeat: the feed's URL begins with ws:// or wss://\n"
    )
    [line] = run("--gateway", "http://127.0.0.1:1").splitlines()
    assert "is `python start_system.py` running?" in line


def test_help_says_the_defaults_which_are_those_of_the_exchange() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "examples.market_maker", "--help"],
        cwd=ROOT,
        env=os.environ | {"GATEWAY_PORT": "8123", "MARKET_DATA_PORT": "8124", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for default in ("(http://127.0.0.1:8123)", "(ws://127.0.0.1:8124/ws/market-data)", "(0.1)"):
        assert default in finished.stdout
