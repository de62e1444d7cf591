"""freqtrade, live: a strategy buys, is filled, and sells."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import ccxt

PAIR = "BTC/USDT"
SECONDS = 150.0
"""It acts on whole candles of a minute only."""
STRATEGY = """
from freqtrade.strategy import IStrategy


class BuyAndSell(IStrategy):
    timeframe = "1m"
    minimal_roi = {"0": -1}
    stoploss = -0.5
    startup_candle_count = 0

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
_INTERRUPTED = 130
"""Its exit status after SIGINT."""
_PRICING = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
CONFIGURATION = {
    "dry_run": False,
    "trading_mode": "spot",
    "stake_currency": "USDT",
    "stake_amount": 600,
    "max_open_trades": 1,
    "entry_pricing": _PRICING,
    "exit_pricing": _PRICING,
    "pairlists": [{"method": "StaticPairList"}],
    "internals": {"process_throttle_secs": 1},
    "initial_state": "running",
}


def trade(mine: dict[str, Any], other: dict[str, Any]) -> None:
    """Run the bot until it has bought and sold to the other account."""
    exchange, counterparty = make_exchange(mine), make_exchange(other)
    counterparty.create_limit_sell_order(PAIR, 5, 60_000)
    exchange.create_limit_buy_order(PAIR, 0.001, 60_000)
    counterparty.create_limit_buy_order(PAIR, 5, 59_990)
    with tempfile.TemporaryDirectory() as name:
        bot = start_bot(Path(name), mine)
        try:
            sides = wait_for_trades(exchange, bot)
        finally:
            bot.send_signal(signal.SIGINT)
            output, _ = bot.communicate(timeout=60)
    counterparty.cancel_all_orders(PAIR)
    assert sides == ["buy", "buy", "sell"], (sides, output)
    assert bot.returncode == _INTERRUPTED, (bot.returncode, output)


def make_exchange(recipe: dict[str, Any]) -> ccxt.binance:
    own = recipe["exchange"]
    return ccxt.binance({"apiKey": own["key"], "secret": own["secret"]} | own["ccxt_config"])


def start_bot(folder: Path, recipe: dict[str, Any]) -> "subprocess.Popen[str]":
    """Start it with a folder, a strategy and a database of its own."""
    (folder / "strategy").mkdir()
    (folder / "strategy" / "buy_and_sell.py").write_text(STRATEGY)
    configuration = folder / "config.json"
    database = {"db_url": f"sqlite:///{folder / 'trades.sqlite'}"}
    configuration.write_text(json.dumps(CONFIGURATION | recipe | database))
    return subprocess.Popen(
        [
            sys.executable, "-m", "freqtrade", "trade", "--config", str(configuration),
            "--userdir", str(folder), "--strategy-path", str(folder / "strategy"),
            "--strategy", "BuyAndSell",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def wait_for_trades(exchange: ccxt.binance, bot: "subprocess.Popen[str]") -> list[str]:
    """Return the sides of the account's trades once it has sold, or its time is over."""
    deadline = time.monotonic() + SECONDS
    sides: list[str] = []
    while "sell" not in sides and bot.poll() is None and time.monotonic() < deadline:
        time.sleep(1)
        sides = [each["side"] for each in exchange.fetch_my_trades(PAIR)]
    return sides


if __name__ == "__main__":
    trade(*(json.loads(Path(file).read_text()) for file in sys.argv[1:3]))
    print("done")  # noqa: T201
