"""A market maker: keeps a bid and an offer around what the others quote.

    python -m examples.market_maker --price 60000

It leans against what it holds: the more it has bought, the lower its two prices are. What that is
the exchange knows, so that it goes on where it was; an exchange that keeps no ledger does not, and
there it begins with nothing each time. It needs an account of its own. Ctrl-C cancels its orders
and says how far it is ahead. If it dies instead, or can no longer see the market, the exchange
cancels them.
"""

import argparse
import asyncio
import signal
import sys
import uuid
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from time import monotonic
from typing import Any, NamedTuple

from examples.addresses import read_addresses
from goquant import (
    AccountPositions,
    ExchangeWentBack,
    FeedReader,
    FeedRefused,
    GatewayClient,
    GatewayError,
    InstrumentState,
    OrderReader,
    OrderState,
    TimerState,
    Unreachable,
)
from protocol.enums import Reason
from protocol.events import Fill

SWITCH_SECONDS = 10
"""If it has not renewed its timer for so long, the exchange cancels its orders."""
PAUSE_SECONDS = 0.25
"""Between two looks at its prices: a quote that follows every change is mostly on its way."""
REFUSED = object()
"""What `_ask` returns if the exchange says no."""


class Sent(NamedTuple):
    """An order whose outcome is not known yet."""

    name: str
    price: str
    until: float
    """By then the exchange has canceled it, if it ever had it."""


class MarketMaker:
    """Quotes of one account on one instrument."""

    def __init__(
        self,
        gateway: GatewayClient,
        feed: FeedReader,
        instrument: InstrumentState,
        options: argparse.Namespace,
        positions: AccountPositions | None,
    ) -> None:
        self._gateway = gateway
        self._feed = feed
        # every fill that is not in the positions yet is told
        self._orders = OrderReader(
            gateway, after=(None, positions.sequence + 1) if positions else None
        )
        self._symbol = instrument.symbol
        self._base = instrument.base_asset
        self._quote_asset = instrument.quote_asset
        self._tick = Decimal(instrument.tick_size)
        self._options = options
        self._last_price: Decimal | None = options.price
        self.holds = Decimal(0)
        self._cash = Decimal(0)
        for position in positions.positions if positions else ():
            if position.symbol == self._symbol:
                self.holds = Decimal(position.quantity)
                self._cash = Decimal(position.realized) - Decimal(position.cost)
        self._lacks: dict[str, str] = {}
        """The asset of which it has too little, by side."""
        self._own_trades: deque[int] = deque(maxlen=1000)
        self._waits_for = "the exchange"
        self._armed_until = 0.0
        """By this program's clock: the exchange cancels the orders then, or later."""
        self._sent: dict[str, Sent] = {}
        """Orders whose outcome is not known yet, by side."""

    async def run(self) -> None:
        """Make a market until this task is canceled; leave no order behind."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in (self._follow_market, self._follow_orders, self._renew, self._quote):
                    tasks.create_task(work())
        finally:
            await _ask(self._gateway.cancel_orders(self._symbol))
            # armed, not disarmed: an order may still be on its way
            await _ask(self._gateway.cancel_after(1))

    @property
    def _sees(self) -> bool:
        """Whether it knows the book and its own orders as they are now."""
        return self._feed.is_live and self._orders.is_live

    async def _follow_market(self) -> None:
        """Take the prices of the trades of others: its own say nothing of what others would pay."""
        async for message in self._feed:
            if message["type"] == "trade" and not self._is_own(message["data"]):
                self._last_price = Decimal(message["data"]["price"])

    def _is_own(self, trade: dict[str, Any]) -> bool:
        """Whether a trade is its own; the report of it may come before the trade, or after."""
        ids = {trade["maker_order_id"], trade["taker_order_id"]}
        return trade["trade_id"] in self._own_trades or bool(ids & self._orders.open_orders.keys())

    async def _follow_orders(self) -> None:
        async for update in self._orders:
            report, fill = update.data, update.fill
            if report and fill and report.symbol == self._symbol:
                self._count(report.side == "buy", fill)
                self._own_trades.append(fill.trade_id)
                self._last_price = self._last_price or Decimal(fill.price)
                print(f"{report.side} {fill.quantity} at {fill.price}: {self}", flush=True)

    def _count(self, is_buy: bool, fill: Fill) -> None:
        quantity = Decimal(fill.quantity) * (1 if is_buy else -1)
        self.holds += quantity
        self._cash -= quantity * Decimal(fill.price)
        if fill.commission and fill.commission_asset == self._base:
            self.holds -= Decimal(fill.commission)
        elif fill.commission:
            self._cash -= Decimal(fill.commission)

    async def _renew(self) -> None:
        """Renew the timer while it sees the market: orders that nobody watches are better gone."""
        while True:
            now = monotonic()
            if self._sees and self._armed_until < now + SWITCH_SECONDS * 3 / 4:
                timer = await _ask(self._gateway.cancel_after(SWITCH_SECONDS))
                if isinstance(timer, TimerState):
                    self._armed_until = now + SWITCH_SECONDS
            await asyncio.sleep(PAUSE_SECONDS)

    async def _quote(self) -> None:
        while True:
            self._say_what_it_waits_for()
            is_safe = self._sees and self._armed_until > monotonic()
            if is_safe and (middle := self._find_middle()):
                await self._place("buy", self._choose_price(middle, 1, ROUND_FLOOR))
                await self._place("sell", self._choose_price(middle, -1, ROUND_CEILING))
            await asyncio.sleep(PAUSE_SECONDS)

    def _say_what_it_waits_for(self) -> None:
        """Say it when that changes."""
        waits_for = ""
        if not self._sees:
            waits_for = "the exchange"
        elif self._find_middle() is None:
            waits_for = "a bid and an offer of others, or a trade; --price begins without"
        if waits_for != self._waits_for:
            print(f"waits for {waits_for}" if waits_for else "quotes", flush=True)
        self._waits_for = waits_for

    def _find_middle(self) -> Decimal | None:
        """Return the middle of what others quote, else their last trade's price, else --price."""
        book = self._feed.books[self._symbol]
        bid = self._find_best_of_others("buy", book.bids(5))
        ask = self._find_best_of_others("sell", book.asks(5))
        return (bid + ask) / 2 if bid and ask else self._last_price

    def _find_best_of_others(self, side: str, levels: list[tuple[str, str]]) -> Decimal | None:
        own = {(order.price, order.remaining_quantity) for order in self._list_quotes(side)}
        return next((Decimal(level[0]) for level in levels if level not in own), None)

    def _list_quotes(self, side: str) -> list[OrderState]:
        orders = self._orders.open_orders.values()
        return [each for each in orders if (each.symbol, each.side) == (self._symbol, side)]

    def _choose_price(self, middle: Decimal, sign: int, rounding: str) -> str | None:
        """Return the price to quote; None if it holds or owes too much to trade on this side."""
        if sign * self.holds + self._options.size > self._options.most:
            return None
        half = middle * self._options.spread / 20_000
        price = middle - half * (sign + self.holds / self._options.most)
        ticks = (price / self._tick).quantize(Decimal(1), rounding)
        return f"{max(Decimal(1), ticks) * self._tick:f}"

    async def _place(self, side: str, price: str | None) -> None:
        """Bring the side to one quote at that price, or to none."""
        quotes = self._list_quotes(side)
        for each in quotes[1:] if price else quotes:
            await _ask(self._gateway.cancel_order(each.order_id))
        if quotes:
            self._sent.pop(side, None)
            if price and Decimal(quotes[0].price or 0) != Decimal(price):
                await _ask(self._gateway.amend_order(quotes[0].order_id, price=price))
        elif price and self._can_pay(side, price):
            await self._submit(side, price)

    def _can_pay(self, side: str, price: str) -> bool:
        """Whether the account has enough free; if not, say so once."""
        if self._orders.balances is None:
            return True
        size = self._options.size
        need = size * Decimal(price) if side == "buy" else size
        asset = self._quote_asset if side == "buy" else self._base
        balance = self._orders.balances.get(asset)
        lacks = "" if balance and Decimal(balance.free) >= need else asset
        if lacks != self._lacks.get(side, ""):
            print(f"has too little {lacks} to {side}" if lacks else f"can {side}", flush=True)
        self._lacks[side] = lacks
        return not lacks

    async def _submit(self, side: str, price: str) -> None:
        """Send an order, under the same name until an answer comes: that makes no second order."""
        sent = self._sent.get(side)
        if sent is None or sent.until < monotonic():
            sent = Sent(uuid.uuid4().hex, price, monotonic() + 3 * SWITCH_SECONDS)
            self._sent[side] = sent
        order = await _ask(
            self._gateway.submit_order(
                self._symbol, side, f"{self._options.size:f}", price=sent.price,
                order_type="post_only", client_order_id=sent.name,
            )
        )  # fmt: skip
        if order is REFUSED or (order and not order.is_pending and not order.is_open):
            del self._sent[side]  # it is over; an open one will show among the quotes

    def __str__(self) -> str:
        price = self._last_price or Decimal(0)
        value = self._cash + self.holds * price
        return f"holds {self.holds.normalize():f}, ahead by {value:.2f} at {price.normalize():f}"


async def read_positions(gateway: GatewayClient) -> AccountPositions | None:
    """Return what the account holds; None, and say so, if the exchange keeps no ledger."""
    try:
        await gateway.balances()  # opens an account that nobody has used
        return await gateway.positions()
    except GatewayError as error:
        if error.code != Reason.NO_LEDGER:
            raise
        print("the exchange keeps no ledger: begins with nothing", flush=True)
        return None


async def _ask(request: Coroutine[Any, Any, Any]) -> Any:
    """Return the answer; if the exchange says no, REFUSED, if it is away, None. Print why."""
    try:
        return await request
    except (GatewayError, Unreachable) as error:
        print(error, file=sys.stderr, flush=True)
        is_refusal = isinstance(error, GatewayError) and 400 <= error.status < 500
        return REFUSED if is_refusal else None


def _positive(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def check_size(options: argparse.Namespace, instrument: InstrumentState) -> None:
    """End the program if no quote can have that size."""
    if options.size % Decimal(instrument.lot_size):
        sys.exit(f"--size must be a multiple of {instrument.lot_size}")
    if options.size > options.most:
        sys.exit("--size must not be above --most: it could never quote")


def read_options() -> argparse.Namespace:
    """Read the command line; the exchange is the one of this clone, unless it says another."""
    addresses = read_addresses()
    parser = argparse.ArgumentParser(
        prog="python -m examples.market_maker",
        description="Keeps a bid and an offer in the book.",
        epilog="Ports and hosts come from the environment or .env, as those of the exchange do.",
    )
    options: list[tuple[str, Any, Any, str]] = [
        ("--symbol", str, "BTC-USDT", "what to trade"),
        ("--account", str, "maker", "whose quotes they are, if authentication is off"),
        ("--key", str, None, "an API key, if authentication is on"),
        ("--secret", str, None, "its secret, if it has one"),
        ("--gateway", str, addresses.gateway, "where orders go"),
        ("--feed", str, addresses.feed, "where the book comes from"),
        ("--price", _positive, None, "the first price, if there is no market yet"),
        ("--spread", _positive, Decimal(10), "between its two prices, in 0.01 %% of them"),
        ("--size", _positive, Decimal("0.1"), "the quantity of each quote"),
        ("--most", _positive, Decimal(1), "the quantity to hold or to owe at most"),
    ]
    for name, kind, default, text in options:
        shown = "none" if default is None else default
        parser.add_argument(name, type=kind, default=default, help=f"{text} ({shown})")
    return parser.parse_args()


async def main() -> None:
    """Make a market until Ctrl-C."""
    options = read_options()
    account = None if options.key else options.account
    async with (
        GatewayClient(
            options.gateway, account=account, key=options.key, secret=options.secret
        ) as gateway,
        FeedReader(options.feed, [options.symbol]) as feed,
    ):
        instruments = {each.symbol: each for each in await gateway.list_instruments()}
        if options.symbol not in instruments:
            sys.exit(f"{options.symbol} is not traded; symbols are {', '.join(instruments)}")
        check_size(options, instruments[options.symbol])
        positions = await read_positions(gateway)
        maker = MarketMaker(gateway, feed, instruments[options.symbol], options, positions)
        running = asyncio.create_task(maker.run())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        print(f"makes a market in {options.symbol}; Ctrl-C ends it", flush=True)
        print(f"begins with {maker.holds.normalize():f}", flush=True)
        try:
            with suppress(asyncio.CancelledError):
                await running
        finally:
            print(maker, flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except Unreachable as error:
        sys.exit(f"{error}; is `python start_system.py` running?")
    except (GatewayError, ValueError) as error:
        sys.exit(str(error))
    except ExceptionGroup as group:
        refused, others = group.split((FeedRefused, GatewayError, ExchangeWentBack))
        if others or not refused:
            raise
        sys.exit("; ".join(map(str, refused.exceptions)))
