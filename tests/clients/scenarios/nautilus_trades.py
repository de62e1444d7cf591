"""nautilus_trader, live: its own adapter streams, buys, posts, cancels, sells, is refused."""

from datetime import timedelta
from typing import Any

import msgspec
from nautilus_trader.adapters.binance.config import BinanceDataClientConfig
from nautilus_trader.adapters.binance.factories import (
    BinanceLiveDataClientFactory,
    BinanceLiveExecClientFactory,
)
from nautilus_trader.config import InstrumentProviderConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderSide, OrderType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

from tests.clients.scenarios.nautilus_decodes import SYMBOL, ask
from tests.clients.scenarios.recipes import Names, run_recipes

INSTRUMENT = InstrumentId.from_str("BTCUSDT.BINANCE")
VENUE = "BINANCE"
SECONDS = 120
EXPECTED = [
    "bought 0.02000000", "accepted 70000.00000000", "canceled 70000.00000000", "sold 0.01000000",
    "Order would immediately match and take.",
]  # fmt: skip
"""Its precision is that of the texts of tick and step."""
_PROVIDER = InstrumentProviderConfig(load_all=True)


class Trader(Strategy):  # type: ignore[misc]  # the suite does not have it
    """Does one thing after the other, each when the one before is told."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.quotes = 0

    def on_start(self) -> None:
        self.instrument = self.cache.instrument(INSTRUMENT)
        self.subscribe_quote_ticks(INSTRUMENT)
        self.subscribe_trade_ticks(INSTRUMENT)
        late = self.clock.utc_now() + timedelta(seconds=SECONDS)
        self.clock.set_time_alert("late", late, lambda _: self.end())
        self.send_market(OrderSide.BUY, 0.02)

    def on_quote_tick(self, _tick: Any) -> None:
        self.quotes += 1

    def on_order_accepted(self, event: Any) -> None:
        order = self.cache.order(event.client_order_id)
        if order.order_type == OrderType.LIMIT:
            self.seen.append(f"accepted {order.price}")
            self.cancel_order(order)

    def on_order_canceled(self, event: Any) -> None:
        order = self.cache.order(event.client_order_id)
        self.seen.append(f"canceled {order.price}")
        self.send_market(OrderSide.SELL, 0.01)

    def on_order_filled(self, event: Any) -> None:
        if event.order_side == OrderSide.BUY:
            self.seen.append(f"bought {event.last_qty}")
            self.post(OrderSide.SELL, 70_000)
        else:
            self.seen.append(f"sold {event.last_qty}")
            self.post(OrderSide.BUY, 60_000)

    def on_order_rejected(self, event: Any) -> None:
        text = EXPECTED[-1]
        self.seen.append(text if text in event.reason else event.reason)
        self.end()

    def send_market(self, side: Any, quantity: float) -> None:
        quantity = self.instrument.make_qty(quantity)
        self.submit_order(self.order_factory.market(INSTRUMENT, side, quantity))

    def post(self, side: Any, price: float) -> None:
        quantity, price = self.instrument.make_qty(0.01), self.instrument.make_price(price)
        order = self.order_factory.limit(INSTRUMENT, side, quantity, price, post_only=True)
        self.submit_order(order)

    def end(self) -> None:
        self.shutdown_system("all is done")


def trade(mine: Names, other: Names) -> None:
    """Run a node until it has done everything."""
    for side, price in (("SELL", 60_000), ("BUY", 59_000)):
        order = f"{SYMBOL}&type=LIMIT&quantity=1&price={price}&side={side}&timeInForce=GTC"
        ask(other, "POST", "/api/v3/order", order)
    node, trader = make_node(mine), Trader()
    node.trader.add_strategy(trader)
    node.build()
    try:
        node.run()
    finally:
        node.dispose()
        ask(other, "DELETE", "/api/v3/openOrders", SYMBOL)
    assert trader.seen == EXPECTED, trader.seen
    assert trader.quotes


def make_node(names: Names) -> TradingNode:
    """Make a node of the recipe, for data and for orders."""
    execution = names["config"]
    data = BinanceDataClientConfig(
        api_key=execution.api_key,
        api_secret=execution.api_secret,
        base_url_http=execution.base_url_http,
        base_url_ws=execution.base_url_ws,
        instrument_provider=_PROVIDER,
    )
    execution = msgspec.structs.replace(execution, instrument_provider=_PROVIDER)
    configuration = TradingNodeConfig(
        trader_id="TESTER-001",
        logging=LoggingConfig(log_level="INFO"),
        data_clients={VENUE: data},
        exec_clients={VENUE: execution},
        timeout_disconnection=5.0,
        timeout_post_stop=1.0,
    )
    node = TradingNode(configuration)
    node.add_data_client_factory(VENUE, BinanceLiveDataClientFactory)
    node.add_exec_client_factory(VENUE, BinanceLiveExecClientFactory)
    return node


if __name__ == "__main__":
    run_recipes(trade)
