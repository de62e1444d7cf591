"""A running exchange as a test sees it: accounts, clock, what happened, and back to nothing."""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import httpx
import msgspec

from goquant.own_packages import require_own_package
from goquant.testing.clock import Clock
from goquant.testing.connection import Connection
from goquant.testing.faults import Faults
from goquant.testing.whole_answers import read_whole
from protocol.durations import parse_duration
from protocol.headers import ACCOUNT_HEADER, ADVANCE_HEADER, PREFER_HEADER

if TYPE_CHECKING:
    from participants.making import FlowSource, Source
    from participants.replay.replay import Replay

Json: TypeAlias = dict[str, Any]
Headers: TypeAlias = dict[str, str]

REQUEST_SECONDS = 30.0
IDLE_SECONDS = 60.0
PAUSE_SECONDS = 0.005
MAX_WAITING = 200
"""Orders that wait for others."""
_PAGE = 500


class Exchange:
    """One exchange. Use as a context, or take it from the fixtures `exchange` and `market`.

    `binance_url` is None if it does not speak Binance's API. Methods raise httpx.HTTPError if the
    exchange refuses or does not answer, TimeoutError if it never becomes idle.
    """

    def __init__(self, gateway_url: str, market_data_url: str, binance_url: str | None) -> None:
        self.gateway_url = gateway_url
        self.market_data_url = market_data_url
        self.binance_url = binance_url
        self._gateway = Connection(gateway_url, REQUEST_SECONDS)
        self._market_data = Connection(market_data_url, REQUEST_SECONDS)
        self._binance = Connection(binance_url or "", REQUEST_SECONDS)
        self._transfers = count(1)
        self._replays = count(1)
        self._flows = count(1)
        self._due = 0
        """By how many microseconds the clock moves with the next request that is sent."""
        self._steps: list[Json] = []
        """Orders that are to be sent before that, with the moves before each."""
        self._waiting = 0
        """How many orders these are."""
        self._is_playing = False
        self.clock = Clock(self)
        self.faults = Faults(self.ask)
        """Of the order gateway."""
        self.feed_faults = Faults(self._ask_feed)
        self.binance_faults = Faults(self._ask_binance)

    def __enter__(self) -> Self:
        """Open connections."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._gateway.close()
        self._market_data.close()
        self._binance.close()

    @property
    def feed_url(self) -> str:
        """The WebSocket of the feed, as `FeedReader` takes it."""
        return f"ws{self.market_data_url.removeprefix('http')}/ws/market-data"

    def account(self, name: str, **balances: str) -> str:
        """Give an account exactly these free balances, and nothing of any other asset.

        `account("carol", USDT="1000", BTC="0.5")` returns the name. What open orders hold stays
        theirs.
        """
        amounts = {asset: Decimal(amount) for asset, amount in balances.items()}
        for each in self.balances(name):
            amount = amounts.pop(each["asset"], Decimal(0)) - Decimal(each["free"])
            if amount:
                self._transfer(name, each["asset"], amount)
        for asset, amount in amounts.items():  # the exchange says what is wrong with it
            self._transfer(name, asset, amount)
        return name

    def balances(self, account: str) -> list[Json]:
        """Return `{asset, free, locked}` of each asset; an account that is new is opened."""
        found: list[Json] = read_whole(self.ask, "/v1/balances", account)["balances"]
        return found

    def order(self, account: str, side: str, quantity: str, **more: str) -> Json:
        """Send an order for BTC-USDT, or another `symbol`, and return what became of it.

        With a `price` it is a limit order, else a market order, unless `order_type` says otherwise.
        """
        kind = "limit" if "price" in more else "market"
        body = {"symbol": "BTC-USDT", "side": side, "quantity": quantity, "order_type": kind} | more
        return self.ask("POST", "/v1/orders?response=full", body, account=account)

    def send(self, account: str, orders: list[Json]) -> None:
        """Send new orders, as `POST /v1/orders/batch` has them, whose answers you do not need.

        In `play` they may wait for the next request that has an answer, and go before it.
        """
        if not self._is_playing or self.faults.are_set:
            body = {"orders": orders}
            self.ask("POST", "/v1/orders/batch?response=result", body, account)
            return
        if self._waiting + len(orders) > MAX_WAITING:
            self._send_steps()
        self._add_step(account, orders)

    def orders(self, account: str) -> list[Json]:
        """Return the account's orders of all times, the newest first."""
        return self._list("/v1/orders", "orders", account)

    def fills(self, account: str) -> list[Json]:
        """Return what the account has traded, the newest first."""
        return self._list("/v1/fills", "fills", account)

    def book(self, symbol: str = "BTC-USDT", depth: int = 100) -> Json:
        """Return `bids` and `asks` as pairs of price and quantity, the best first."""
        self._settle()
        _poll(self._is_published, "all is published")
        return self.ask_market(f"/v1/orderbook/{symbol}?depth={depth}")

    def candles(self, symbol: str = "BTC-USDT", interval: str = "1m") -> list[Json]:
        """Return candles, the oldest first."""
        self.wait_until_idle()
        path = f"/v1/candles/{symbol}?interval={interval}"
        found: list[Json] = self.ask_market(path)["candles"]
        return found

    def flow(
        self,
        market: str = "demo",
        seed: int = 1,
        symbol: str = "BTC-USDT",
        path: str | Path | None = None,
    ) -> "FlowSource":
        """Make a market of simulated traders that has not acted yet; the same seed, the same.

        `path`, a file of trades or candles, is what a population's reference price follows. Raises
        ValueError if there is no such market in `participants/markets.toml`, or for a bad file.
        """
        require_own_package("participants")
        from participants.making import make_flow
        from participants.markets import load_market

        files = [] if path is None else [Path(path)]
        run = f"flow-{next(self._flows)}"
        return make_flow(self.ask, load_market(market), seed, symbol, files, run, self.send)

    def replay(
        self,
        *files: str | Path,
        symbol: str = "BTC-USDT",
        step: str = "1s",
        stock: str | None = None,
    ) -> "Replay":
        """Prepare recorded files to be played, a `step` of their time after the other.

        `stock` is the one of an ITCH file. Raises ValueError or OSError for a file that cannot be
        read.
        """
        require_own_package("participants")
        from participants.replay.replay import open_replay

        return open_replay(
            self.ask, [Path(file) for file in files], symbol, stock=stock,
            step_seconds=parse_duration(step) / 1_000_000, run=f"replay-{next(self._replays)}",
        )  # fmt: skip

    def play(self, sources: "Source | Sequence[Source]", duration: str, step: str = "1s") -> None:
        """Have flows, replays or bots act by turns, then the manual clock move on by `step`.

        It does so for a `duration`. A bot is anything that has a method `step`.
        """
        acting = sources if isinstance(sources, Sequence) else [sources]
        microseconds = parse_duration(step)
        self._is_playing = True
        try:
            for _ in range(parse_duration(duration) // microseconds):
                for source in acting:
                    if not getattr(source, "uses_ask_alone", False):
                        self._settle()
                    source.step()
                self._due += microseconds
        finally:
            self._is_playing = False
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        """Wait until all that was sent is matched, published, and archived."""
        self._settle()
        _poll(self._is_idle, "the exchange is idle")

    def reset(self) -> None:
        """Forget all that has happened: no orders, no accounts, the clock at its beginning.

        Faults that were added here end too.
        """
        self._due, self._waiting = 0, 0
        self._steps.clear()
        for faults in (self.faults, self.feed_faults, self.binance_faults):
            if faults.are_set:
                faults.clear()
        self._replays, self._flows, self._transfers = count(1), count(1), count(1)
        exchange_id = self.ask("POST", "/v1/admin/reset")["exchange_id"]
        _poll(
            lambda: self._read_feed_state().get("exchange_id") == exchange_id,
            "the feed tells of the exchange that has begun",
        )
        self.wait_until_idle()

    def ask(
        self, method: str, path: str, body: Json | None = None, account: str = "default"
    ) -> Json:
        """Ask the gateway, and return its answer."""
        headers = {ACCOUNT_HEADER: account}
        if method == "GET" or self.faults.are_set:
            self._settle()  # whose own answer must not be lost, nor repeated
        self._send_steps()
        if not self._due:
            return _ask(self._gateway, method, path, body, headers)
        return self._ask_and_move(method, path, body, headers)

    def _ask_and_move(self, method: str, path: str, body: Json | None, headers: Headers) -> Json:
        """Ask for a change, before which the clock moves as far as it is due to: one commit."""
        due, self._due = self._due, 0
        headers[ADVANCE_HEADER] = f"{due}us"
        try:
            return _ask(self._gateway, method, path, body, headers)
        except httpx.HTTPStatusError as error:
            if ADVANCE_HEADER not in error.response.headers:
                self._due = due
            raise

    def _settle(self) -> None:
        """Send what waits, and move the clock as far as it is due to."""
        if self._due and self._steps:
            self._add_step("default", [])
        self._send_steps()
        due, self._due = self._due, 0
        if due:
            body = {"advance": f"{due}us"}
            _ask(self._gateway, "POST", "/v1/admin/clock", body, {})

    def _add_step(self, account: str, orders: list[Json]) -> None:
        due, self._due = self._due, 0
        self._steps.append({"account": account, "orders": orders, "advance": f"{due}us"})
        self._waiting += len(orders)

    def _send_steps(self) -> None:
        """Send the orders that wait; return when they are handled."""
        steps, self._steps, self._waiting = self._steps, [], 0
        if steps:
            headers = {PREFER_HEADER: f"wait={REQUEST_SECONDS / 2:.0f}"}
            _ask(self._gateway, "POST", "/v1/admin/steps", {"steps": steps}, headers)

    def ask_market(self, path: str) -> Json:
        """Ask the market data service, and return its answer."""
        self._settle()
        return self._ask_feed("GET", path, None)

    def _ask_feed(self, method: str, path: str, body: Json | None) -> Json:
        return _ask(self._market_data, method, path, body, {})

    def _ask_binance(self, method: str, path: str, body: Json | None) -> Json:
        if self.binance_url is None:
            raise ValueError("this exchange does not speak Binance's API")
        return _ask(self._binance, method, path, body, {})

    def _is_idle(self) -> bool:
        ready = self._gateway.ask("GET", "/readyz").read_json()
        if ready["queue_length"] != 0 or ready["archive_commands_behind"] != 0:
            return False
        return self._is_followed()

    def _is_published(self) -> bool:
        queued = self._gateway.ask("GET", "/readyz").read_json()["queue_length"]
        return queued == 0 and self._is_followed()

    def _is_followed(self) -> bool:
        reached, feed = self.ask("GET", "/v1/clock"), self._read_feed_state()
        is_manual = reached["mode"] == "manual"
        return (
            feed["exchange_id"] == reached["exchange_id"]
            and feed["sequence"] >= reached["sequence"]
            and (not is_manual or feed["timestamp"] == reached["timestamp"])
        )

    def _read_feed_state(self) -> Json:
        return self._market_data.ask("GET", "/health").read_json()

    def _list(self, path: str, name: str, account: str) -> list[Json]:
        self.wait_until_idle()
        found: list[Json] = []
        target: str | None = f"{path}?limit={_PAGE}"
        while target is not None:
            page = self.ask("GET", target, account=account)
            found += page[name]
            after = page["after"]
            target = None if after is None else f"{path}?limit={_PAGE}&after={after}"
        return found

    def _transfer(self, account: str, asset: str, amount: Decimal) -> None:
        command = "credit" if amount > 0 else "debit"
        reached = self.ask("GET", "/v1/clock")["sequence"]
        body = {
            "account": account,
            "asset": asset,
            "amount": f"{abs(amount):f}",
            "id": f"test-{reached}-{next(self._transfers)}",  # the same in each run
        }
        self.ask("POST", f"/v1/admin/{command}", body)


def _ask(
    connection: Connection, method: str, path: str, body: Json | None, headers: Headers
) -> Json:
    content = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        content = msgspec.json.encode(body)
    return connection.ask(method, path, content, headers).raise_for_status().read_json()


def _poll(is_true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + IDLE_SECONDS
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {IDLE_SECONDS:g} s: {what}")
        time.sleep(PAUSE_SECONDS)
