"""A user's tests with an exchange of their own, and what is left of it afterwards."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import goquant
from goquant.testing.exchange import Exchange
from goquant.testing.launching import ExchangeFailed
from launcher.setup.environment import ROOT
from tests.support.waiting import wait_until

PLUGIN = ("-p", "no:goquant", "-p", "goquant.testing.plugin", "-p", "no:cacheprovider")


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Where the exchange of a test's own pytest is: a short path, as its sockets need."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def list_exchanges(temporary: Path) -> list[Path]:
    """The folders of exchanges for tests; the user's own one has the locks of ports."""
    return [path for path in temporary.glob("goquant-*") if path.name != f"goquant-{os.getuid()}"]


def make_environment(temporary: Path, packages: Path = ROOT) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(packages), "TMPDIR": str(temporary)}


def read_module() -> str:
    """The test module of the README, as it stands there."""
    text = (ROOT / "README.md").read_text()
    section = text.partition("## Tests of your own\n")[2].partition("\n## ")[0]
    [module] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    return str(module)


def install(folder: Path) -> Path:
    """Return a folder with what `pip install .` puts among an environment's packages."""
    folder.mkdir()
    packages = folder / "packages"
    build = ("build", "--build-base", str(folder), "--build-lib", str(packages))
    subprocess.run(
        [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(folder), *build],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return packages


@pytest.mark.parametrize("is_installed", [False, True], ids=["clone", "installed"])
def test_module_of_the_readme_passes_and_leaves_nothing(
    tmp_path: Path, temporary: Path, is_installed: bool
) -> None:
    packages = install(tmp_path / "build") if is_installed else ROOT
    (tmp_path / "test_bot.py").write_text(read_module())
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, "-q", "test_bot.py"],
        cwd=tmp_path,
        env=make_environment(temporary, packages),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in run.stdout, run.stdout + run.stderr
    assert not list_exchanges(temporary)


def test_killed_pytest_leaves_no_process_and_no_file(tmp_path: Path, temporary: Path) -> None:
    """The test writes where it is, and waits to be killed."""
    (tmp_path / "test_bot.py").write_text(
        "import pathlib, time\n\n"
        "def test_waits(market):\n"
        "    pathlib.Path('url').write_text(market.gateway_url)\n"
        "    time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *PLUGIN, "-q", "test_bot.py"],
        cwd=tmp_path,
        env=make_environment(temporary),
        stdout=subprocess.DEVNULL,
    )
    url = tmp_path / "url"
    wait_until(lambda: url.exists() and url.read_text(), "the test runs", 240)
    assert list_exchanges(temporary)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not list_exchanges(temporary), "the folder is gone")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url.read_text()}/livez")


def test_reset_forgets_everything(market: Exchange) -> None:
    market.account("a", USDT="100", BTC="1")
    market.order("a", "sell", "1", price="100")
    market.clock.advance("1h")
    first = market.ask("GET", "/v1/clock")
    market.reset()
    now = market.ask("GET", "/v1/clock")
    assert now["exchange_id"] != first["exchange_id"]
    assert (now["timestamp"], market.orders("a")) == ("2026-01-01T00:00:00.000000Z", [])
    assert market.book()["asks"] == []
    market.account("a", USDT="100", BTC="1")
    assert market.order("a", "sell", "1", price="100", client_order_id="x")["status"] == "open"
    assert market.book()["asks"] == [["100.00", "1.00000"]]


def test_account_has_exactly_what_it_is_given(market: Exchange) -> None:
    market.account("a", USDT="12.5")
    market.account("a", USDT="0.00000001", BTC="2")
    free = {each["asset"]: each["free"] for each in market.balances("a")}
    assert {asset: amount for asset, amount in free.items() if float(amount)} == {
        "USDT": "0.00000001", "BTC": "2.00000000",
    }  # fmt: skip


def test_balance_of_an_unknown_asset_is_explained(market: Exchange) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="unknown_asset"):
        market.account("a", DOGE="1")


def test_candles_are_there_after_an_advance(market: Exchange) -> None:
    market.account("a", USDT="1000", BTC="2")
    market.account("b", USDT="1000", BTC="2")
    market.order("a", "sell", "1", price="100")
    market.order("b", "buy", "1")
    market.clock.advance("2m")
    assert [(each["close"], each["is_closed"]) for each in market.candles()] == [
        ("100.00", True), ("100.00", True), ("100.00", False),
    ]  # fmt: skip


def test_exchange_that_cannot_start_says_why(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)  # it is read again
    with pytest.raises(ExchangeFailed, match="CLOCK"), goquant.exchange(clock="sometimes"):
        pass
    assert not list_exchanges(temporary)


@pytest.mark.parametrize(
    ("name", "taker"),
    [("demo", "noise"), ("santa-fe", "flow"), ("hawkes", "flow"), ("queue-reactive", "flow")],
)
def test_flow_makes_a_market_and_the_same_one_again(
    market: Exchange, name: str, taker: str
) -> None:
    books = []
    for _ in range(2):
        market.reset()
        market.play(market.flow(name, seed=7), "15s")
        books.append([market.book()[side] for side in ("bids", "asks")])
        assert market.fills(taker)
    assert books[0] == books[1]
    assert min(map(len, books[0])) >= 10


def test_population_follows_a_recorded_price(market: Exchange, tmp_path: Path) -> None:
    minutes = ((1_601_510_340, 100), (1_601_510_400, 101))
    candles = [
        f"{start}000,{price},{price},{price},{price},4,{start + 59}999,0,0,0,0,0\n"
        for start, price in minutes
    ]
    (tmp_path / "klines.csv").write_text("".join(candles))
    flow = market.flow("quiet", path=tmp_path / "klines.csv")
    market.play(flow, "2s")
    assert abs(float(market.book()["bids"][0][0]) - 100) < 0.1
    market.play(flow, "70s")
    assert abs(float(market.book()["bids"][0][0]) - 101) < 0.1


def test_bot_comes_through_lost_answers_and_the_next_market_has_none(market: Exchange) -> None:
    rule = market.faults.add("lose", route="POST /v1/orders", every=2)
    market.account("bot", USDT="1000", BTC="1")
    for number in range(4):
        name = f"order-{number}"
        while True:
            try:
                market.order("bot", "buy", "0.1", price="100", client_order_id=name)
            except httpx.TransportError:
                continue
            break
    [counted] = market.faults.list()
    assert (counted["id"], counted["injected"] > 0) == (rule["id"], True)
    assert len(market.orders("bot")) == 4
    market.reset()
    assert market.faults.list() == []


def test_participants_start_with_the_exchange_and_end_and_start_by_command() -> None:
    path = "/v1/admin/market"
    with goquant.exchange(clock="real", market="demo") as exchange:
        assert exchange.ask("GET", path)["name"] == "demo"
        wait_until(lambda: len(exchange.book()["bids"]) >= 20, "the makers quote")
        wait_until(lambda: exchange.fills("noise"), "somebody takes")
        exchange.ask("DELETE", path)
        wait_until(lambda: not has_orders(exchange), "they have taken their orders out")
        eth = {"name": "volatile", "symbol": "ETH-USDT", "start_price": "2000"}
        exchange.ask("POST", path, eth)
        wait_until(lambda: len(exchange.book("ETH-USDT")["bids"]) >= 20, "others quote elsewhere")
        assert 1_800 < float(exchange.book("ETH-USDT")["bids"][0][0]) < 2_200
        exchange.ask("POST", path, {"name": "hawkes"})
        wait_until(lambda: has_orders(exchange), "a model's orders come")
        assert not exchange.book("ETH-USDT")["bids"]


def has_orders(exchange: Exchange) -> bool:
    return any(exchange.book()[side] for side in ("bids", "asks"))


def test_participants_that_start_again_are_no_repeat_of_themselves(market: Exchange) -> None:
    """The same seed makes the same orders, but under names of their own."""
    for _ in range(2):
        flow = market.flow("demo", seed=7)
        market.play(flow, "2s")
        assert len(market.book()["bids"]) >= 20
        flow.stop()
        assert not has_orders(market)


def test_participants_never_run_out_of_money(market: Exchange) -> None:
    flow = market.flow("demo", seed=7)
    market.play(flow, "1s")
    for account in ("maker-1", "maker-2", "noise", "momentum", "reverting"):
        free = {each["asset"]: float(each["free"]) for each in market.balances(account)}
        assert min(free["USDT"] / 60_000, free["BTC"]) > 100_000


class Trader:
    """Sends an order each second, a sell and a buy by turns, of which each second pair trades."""

    def __init__(self, market: Exchange, *, uses_ask_alone: bool) -> None:
        self.uses_ask_alone = uses_ask_alone
        self._market = market
        self._steps = 0
        market.account("bot", USDT="100000", BTC="10")

    def step(self) -> None:
        self._steps += 1
        side, price = (("buy", "100"), ("sell", f"{100 + self._steps // 2 % 2}"))[self._steps % 2]
        self._market.order("bot", side, "0.1", price=price, client_order_id=f"bot-{self._steps}")


def test_clock_that_moves_with_the_orders_makes_the_same_market(market: Exchange) -> None:
    played = []
    for uses_ask_alone in (True, False):
        market.reset()
        begun = read_sequence(market)
        market.play(Trader(market, uses_ask_alone=uses_ask_alone), "30s")
        orders = [each | {"order_id": None, "cursor": None} for each in market.orders("bot")]
        candles = market.candles(interval="1s")
        played.append((orders, candles, market.clock.now, read_sequence(market) - begun))
    assert played[0] == played[1]
    assert played[0][2] == "2026-01-01T00:00:30.000000Z"


def test_same_program_has_the_same_digest_whatever_its_requests(temporary: Path) -> None:
    """In an exchange of its own each time; another seed has another one."""
    first = play_program(temporary / "together", uses_ask_alone=True)
    assert play_program(temporary / "one by one", uses_ask_alone=False) == first
    assert play_program(temporary / "other", uses_ask_alone=True, seed=8) != first


def play_program(folder: Path, *, uses_ask_alone: bool, seed: int = 7) -> str:
    """Play a market with a trader in it, and a pause, in an exchange of its own."""
    with goquant.exchange(data_dir=str(folder), seed="1", binance="off") as exchange:
        flow = exchange.flow("sparse", seed=seed)
        flow.uses_ask_alone = uses_ask_alone  # type: ignore[attr-defined]
        exchange.play([flow, Trader(exchange, uses_ask_alone=uses_ask_alone)], "40s")
        exchange.clock.advance("1h")
        digest = subprocess.run(
            [sys.executable, "-m", "engine", "digest"],
            cwd=ROOT, env=os.environ | {"DATA_DIR": str(folder)}, capture_output=True, check=True,
        )  # fmt: skip
    return digest.stdout.decode().strip()


def test_question_has_what_was_sent_before_it(market: Exchange) -> None:
    market.account("bot", USDT="100000")
    seen: list[list[Any]] = []

    class Sender:
        uses_ask_alone = True

        def step(self) -> None:
            order = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit"}
            market.send("bot", [order | {"quantity": "0.1", "price": f"{100 + len(seen)}"}])
            seen.append([market.clock.now[17:19], len(market.book()["bids"])])

    market.play(Sender(), "3s")
    assert seen == [["00", 1], ["01", 2], ["02", 3]]
    with pytest.raises(httpx.HTTPStatusError, match="orders"):
        market.send("bot", [])


def read_sequence(market: Exchange) -> int:
    sequence: int = market.ask("GET", "/v1/clock")["sequence"]
    return sequence


def test_clock_has_moved_where_the_order_was_refused(market: Exchange) -> None:
    class Careless:
        uses_ask_alone = True

        def step(self) -> None:
            with pytest.raises(httpx.HTTPStatusError, match="quantity"):
                market.order("bot", "buy", "-1", price="100")
            with pytest.raises(httpx.HTTPStatusError, match="unknown_order"):
                market.ask("DELETE", "/v1/orders/12345", account="bot")

    market.play(Careless(), "5s")
    assert market.clock.now == "2026-01-01T00:00:05.000000Z"


def test_flow_and_bot_are_played_by_turns(market: Exchange) -> None:
    seen = []

    class Watcher:
        def step(self) -> None:
            seen.append(market.clock.now[17:19])

    market.play([market.flow("sparse", seed=7), Watcher()], "5s")
    assert seen == ["00", "01", "02", "03", "04"]
