"""A day of a market of one order a second, with a bot in it, by a manual clock."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any, TypeAlias

import goquant
from benchmark.shared.figures import Figures
from goquant.testing.exchange import Exchange
from goquant.testing.launching import find_memory
from launcher.setup.environment import ROOT
from participants.making import Source
from protocol.timestamps import parse_timestamp

MARKET = "sparse"
SYMBOL = "BTC-USDT"
TRADERS = ("noise", "momentum", "reverting", "bot", "maker-1", "maker-2")
STEPS_BETWEEN_QUOTES = 60
_SHOWN = 10
_MINUTE = 60_000_000
_DAY = 1_440 * _MINUTE
_HOUR = 60 * _MINUTE
_HALF_SPREAD = Decimal(2)

Json: TypeAlias = dict[str, Any]


class Bot:
    """Quotes inside the spread, once a minute."""

    uses_ask_alone = True

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._steps = 0
        exchange.account("bot", USDT="100000000", BTC="1000")

    def step(self) -> None:
        """Do what is due in a second."""
        self._steps += 1
        if self._steps % STEPS_BETWEEN_QUOTES:
            return
        self._exchange.ask("DELETE", f"/v1/orders?symbol={SYMBOL}", account="bot")
        book = self._exchange.book(SYMBOL, depth=1)
        if not (book["bids"] and book["asks"]):
            return
        middle = (Decimal(book["bids"][0][0]) + Decimal(book["asks"][0][0])) / 2
        for side, price in (("buy", middle - _HALF_SPREAD), ("sell", middle + _HALF_SPREAD)):
            name = f"bot-{self._steps}-{side}"
            self._exchange.order("bot", side, "0.01", price=f"{price:.2f}", client_order_id=name)


def play_day(hours: float, seed: int = 1) -> tuple[Figures, bool]:
    """Play it; return figures, and whether candles and the last 24 hours are right."""
    cpu = os.times()
    memory = find_memory()  # as without a folder of one's own
    with tempfile.TemporaryDirectory(dir=memory) as folder, _open(folder, seed) as exchange:
        sources: list[Source] = [exchange.flow(MARKET, seed=seed, symbol=SYMBOL), Bot(exchange)]
        started = time.monotonic()
        exchange.play(sources, f"{round(hours * 3600)}s")
        elapsed = time.monotonic() - started
        commands = exchange.ask("GET", "/v1/clock")["sequence"]
        trades = sorted(_read_trades(exchange), key=lambda trade: int(trade["trade_id"]))
        quotes = len(exchange.fills("bot"))
        wrong = [*_find_wrong_candles(exchange, trades), *_find_wrong_day(exchange, trades)]
        print(*wrong[:_SHOWN], sep="\n")
        print(f"digest {_compute_digest(folder)}", flush=True)
    used = sum(os.times()[:4]) - sum(cpu[:4])
    figures: Figures = {
        "hours": hours,
        "commands": commands,
        "trades": len(trades),
        "fills of the bot": quotes,
        "seconds": elapsed,
        "ms a step": elapsed / hours / 3.6,
        "CPU of all processes, s": used,
        "CPU of all processes for a day, s": used * 24 / hours,
        "candles and windows that are wrong": len(wrong),
    }
    return figures, not wrong


def _open(folder: str, seed: int) -> AbstractContextManager[Exchange]:
    """Start an exchange whose ids are those of the seed, and whose journal stays whole."""
    return goquant.exchange(data_dir=folder, seed=str(seed), snapshot_interval="100000000")


def _read_trades(exchange: Exchange) -> Iterator[Json]:
    """Read each trade once, as its taker's fill."""
    for account in TRADERS:
        yield from (fill for fill in exchange.fills(account) if fill["liquidity"] == "taker")


def _find_wrong_candles(exchange: Exchange, trades: Sequence[Json]) -> Iterator[str]:
    """Compare the candles of each hour and of the last minutes with the trades."""
    for interval, length in (("1h", _HOUR), ("1m", _MINUTE)):
        for candle in exchange.candles(SYMBOL, interval):
            start = parse_timestamp(candle["start"])
            inside = [each for each in trades if start <= _stamp(each) < start + length]
            if inside and _describe(inside) != {name: candle[name] for name in _NAMES}:
                yield f"{interval} from {candle['start']}: {candle}, and not {_describe(inside)}"
            elif not inside and candle["trades"]:
                yield f"{interval} from {candle['start']}: {candle}, and there was no trade"


def _find_wrong_day(exchange: Exchange, trades: Sequence[Json]) -> Iterator[str]:
    """Compare the last 24 hours, now and in six hours, with the trades."""
    for _ in range(2):
        now = parse_timestamp(exchange.clock.now)
        start = now - now % _MINUTE - _DAY + _MINUTE
        inside = [each for each in trades if start <= _stamp(each)]
        ticker = exchange.ask_market(f"/v1/ticker/{SYMBOL}")
        if inside:
            expected = _describe(inside)
            last = expected.pop("close")
            found = {name: ticker[name] for name in expected}
            if (found, ticker["last"]) != (expected, last):
                yield f"24 hours to {exchange.clock.now}: {ticker}, and not {expected}"
        exchange.clock.advance("6h")


_NAMES = ("open", "high", "low", "close", "volume", "quote_volume", "trades")


def _stamp(trade: Json) -> int:
    return parse_timestamp(trade["timestamp"])


def _describe(trades: Sequence[Json]) -> Json:
    prices = [Decimal(each["price"]) for each in trades]
    quantities = [Decimal(each["quantity"]) for each in trades]
    amounts = [price * quantity for price, quantity in zip(prices, quantities, strict=True)]
    return {
        "open": f"{prices[0]:f}",
        "high": f"{max(prices):f}",
        "low": f"{min(prices):f}",
        "close": f"{prices[-1]:f}",
        "volume": f"{sum(quantities):f}",
        "quote_volume": f"{sum(amounts):f}",
        "trades": len(trades),
    }


def _compute_digest(folder: str) -> str:
    """Return the number that the same program has on every run."""
    done = subprocess.run(
        [sys.executable, "-m", "engine", "digest"],
        cwd=ROOT, env=os.environ | {"DATA_DIR": folder}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()
