"""A market maker: keeps a bid and an offer around what the others quote.

    python -m examples.market_maker --price 60000

It leans against what it holds: the more it has bought, the lower both its prices. Ctrl-C cancels
its orders and says what it has earned. Should it die instead, the exchange cancels them.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import httpx

from market_data.client import FeedReader, FeedRefused
from order_gateway.client import GatewayClient, GatewayError, InstrumentState, OrderState
from order_gateway.order_reader import OrderReader

SWITCH_SECONDS = 10
"""Where nothing has been heard of it for so long, the exchange cancels its orders."""
PAUSE_SECONDS = 0.25
"""Between two looks at its prices: a quote that follows every tick is mostly on its way."""


class MarketMaker:
    """One account on one instrument."""

    def __init__(
        self,
        gateway: GatewayClient,
        feed: FeedReader,
        instrument: InstrumentState,
        options: argparse.Namespace,
    ) -> None:
        self._gateway = gateway
        self._feed = feed
        self._orders = OrderReader(gateway)
        self._symbol = instrument.symbol
        self._tick = Decimal(instrument.tick_size)
        self._options = options
        self._last_price: Decimal | None = options.price
        self._holds = Decimal(0)
        self._cash = Decimal(0)
        self._sent: dict[str, str | None] = {}
        """The last order of each side. Until the stream tells of it, there is no other."""
        self._told: set[str | None] = {None}

    async def run(self) -> None:
        """Until it is canceled; then it leaves no order behind."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in (self._follow_market, self._follow_orders, self._renew, self._quote):
                    tasks.create_task(work())
        finally:
            await _ask(self._gateway.cancel_orders(self._symbol))
            await _ask(self._gateway.cancel_after(0))

    async def _follow_market(self) -> None:
        """Its own trades tell it nothing of what others would pay."""
        async for message in self._feed:
            trade = message.get("data", {})
            ids = {trade.get("maker_order_id"), trade.get("taker_order_id")}
            if message["type"] == "trade" and not ids & self._told:
                self._last_price = Decimal(trade["price"])

    async def _follow_orders(self) -> None:
        await _ask(self._gateway.cancel_orders(self._symbol))  # an earlier life may have left some
        async for update in self._orders:
            report, fill = update.data, update.fill
            self._told.update(self._orders.open_orders if report is None else [report.order_id])
            if report and fill and report.symbol == self._symbol:
                quantity = Decimal(fill.quantity) * (1 if report.side == "buy" else -1)
                self._holds += quantity
                self._cash -= quantity * Decimal(fill.price)
                print(f"{report.side} {fill.quantity} at {fill.price}: {self}", flush=True)

    async def _renew(self) -> None:
        while True:
            await _ask(self._gateway.cancel_after(SWITCH_SECONDS))
            await asyncio.sleep(SWITCH_SECONDS / 4)

    async def _quote(self) -> None:
        """Never without knowing its own orders and the book."""
        while True:
            has_book = self._feed.books[self._symbol].last_update_id is not None
            middle = self._find_middle()
            if middle and has_book and self._orders.is_live:
                await self._place("buy", self._choose_price(middle, 1, ROUND_FLOOR))
                await self._place("sell", self._choose_price(middle, -1, ROUND_CEILING))
            await asyncio.sleep(PAUSE_SECONDS)

    def _find_middle(self) -> Decimal | None:
        """Of what others quote on both sides, else their last trade, else what it began with."""
        book = self._feed.books[self._symbol]
        bid = self._find_best_of_others("buy", book.bids(5))
        ask = self._find_best_of_others("sell", book.asks(5))
        return (bid + ask) / 2 if bid and ask else self._last_price

    def _find_best_of_others(self, side: str, levels: list[tuple[str, str]]) -> Decimal | None:
        own = self._find_quote(side)
        for price, quantity in levels:
            if own is None or (price, quantity) != (own.price, own.remaining_quantity):
                return Decimal(price)
        return None

    def _find_quote(self, side: str) -> OrderState | None:
        for order in self._orders.open_orders.values():
            if (order.symbol, order.side) == (self._symbol, side):
                return order
        return None

    def _choose_price(self, middle: Decimal, sign: int, rounding: str) -> str | None:
        """None where it holds, or owes, too much already to trade on this side."""
        if sign * self._holds + self._options.size > self._options.most:
            return None
        half = middle * self._options.spread / 20_000
        price = middle - half * (sign + self._holds / self._options.most)
        return str(
            max(Decimal(1), (price / self._tick).quantize(Decimal(1), rounding)) * self._tick
        )

    async def _place(self, side: str, price: str | None) -> None:
        """Brings the quote to that price."""
        quote = self._find_quote(side)
        if quote is None and price is not None:
            if self._sent.get(side) in self._told:
                order = await _ask(self._make_order(side, price))
                self._sent[side] = order and order.order_id
        elif quote is not None and price is None:
            await _ask(self._gateway.cancel_order(quote.order_id))
        elif quote is not None and Decimal(quote.price or 0) != Decimal(price or 0):
            await _ask(self._gateway.amend_order(quote.order_id, price=price))

    def _make_order(self, side: str, price: str) -> Coroutine[Any, Any, OrderState]:
        return self._gateway.submit_order(
            self._symbol, side, str(self._options.size), price=price, order_type="post_only"
        )

    def __str__(self) -> str:
        value = self._cash + self._holds * (self._last_price or 0)
        return f"holds {self._holds.normalize():f}, has earned {value:.2f}"


async def _ask(request: Coroutine[Any, Any, Any]) -> Any:
    """The answer; None, and a line that says why, where the exchange says no or is away."""
    try:
        return await request
    except (GatewayError, httpx.TransportError) as error:
        print(f"{error or type(error).__name__}", file=sys.stderr, flush=True)
        return None


def read_options() -> argparse.Namespace:
    """From the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.market_maker", description="Keeps a bid and an offer in the book."
    )
    parser.add_argument("--symbol", default="BTC-USDT")
    parser.add_argument("--account", default="maker")
    parser.add_argument("--key", help="an API key, where authentication is on")
    parser.add_argument("--secret", help="its secret, where it has one")
    parser.add_argument("--gateway", default="http://localhost:8000")
    parser.add_argument("--feed", default="ws://localhost:8001/ws/market-data")
    parser.add_argument("--price", type=Decimal, help="to begin with, where there is no market yet")
    parser.add_argument("--spread", type=Decimal, default=Decimal(10), help="in 1/100 of a percent")
    parser.add_argument("--size", type=Decimal, default=Decimal("0.1"), help="of each quote")
    parser.add_argument("--most", type=Decimal, default=Decimal(1), help="that it may hold or owe")
    return parser.parse_args()


async def main() -> None:
    """Makes a market until Ctrl-C."""
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
        maker = MarketMaker(gateway, feed, instruments[options.symbol], options)
        running = asyncio.create_task(maker.run())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        print(f"quotes {options.symbol}; Ctrl-C ends it", flush=True)
        try:
            with suppress(asyncio.CancelledError):
                await running
        finally:
            print(maker, flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except httpx.TransportError as error:
        sys.exit(f"no gateway answers ({error}): is `python start_system.py` running?")
    except ExceptionGroup as group:
        refused, others = group.split((FeedRefused, GatewayError))
        if others or not refused:
            raise
        sys.exit("; ".join(map(str, refused.exceptions)))
