"""ccxt: markets, balance, every plain order, open and past orders, trades, errors."""

from typing import Any

import ccxt

from tests.clients.scenarios.recipes import Names, expect, run_recipes

PAIR = "BTC/USDT"


def trade(mine: Names, other: Names) -> None:
    """Run everything, one part after the other."""
    exchange, counterparty = mine["exchange"], other["exchange"]
    check_markets(exchange)
    check_orders(exchange, counterparty)
    check_requests(exchange, counterparty)
    check_pages(exchange)
    check_errors(exchange, counterparty)


def check_markets(exchange: ccxt.binance) -> None:
    market = exchange.load_markets()[PAIR]
    assert market["id"] == "BTCUSDT"
    assert market["active"]
    assert market["spot"]
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.01, 0.00001)
    assert abs(exchange.fetch_time() - exchange.milliseconds()) < 60_000
    balance = exchange.fetch_balance()
    assert balance["BTC"] == {"free": 100.0, "used": 0.0, "total": 100.0}
    assert exchange.fetch_trading_fee(PAIR)["maker"] == 0.001
    assert exchange.fetch_status()["status"] == "ok"


def check_orders(exchange: ccxt.binance, counterparty: ccxt.binance) -> None:
    resting = exchange.create_limit_buy_order(PAIR, 0.02, 60_000.1)
    assert (resting["status"], resting["remaining"]) == ("open", 0.02)
    part = counterparty.create_order(PAIR, "limit", "sell", 0.005, 60_000, {"timeInForce": "IOC"})
    assert (part["status"], part["average"]) == ("closed", 60_000.1)
    found = exchange.fetch_order(resting["id"], PAIR)
    assert (found["filled"], found["remaining"], found["status"]) == (0.005, 0.015, "open")
    assert [order["id"] for order in exchange.fetch_open_orders(PAIR)] == [resting["id"]]
    canceled = exchange.cancel_order(resting["id"], PAIR)
    assert canceled["status"] == "canceled"
    assert exchange.fetch_open_orders(PAIR) == []

    post_only = exchange.create_order(PAIR, "limit", "buy", 0.02, 59_000, {"postOnly": True})
    assert exchange.fetch_order(post_only["id"], PAIR)["postOnly"]
    exchange.cancel_all_orders(PAIR)
    counterparty.create_limit_sell_order(PAIR, 0.02, 60_000)
    killed = exchange.create_order(PAIR, "limit", "buy", 1, 60_000, {"timeInForce": "FOK"})
    assert (killed["status"], killed["filled"]) == ("expired", 0)
    market = exchange.create_market_buy_order(PAIR, 0.02)
    assert (market["status"], market["filled"], market["cost"]) == ("closed", 0.02, 1200.0)
    assert (market["fee"]["cost"], market["fee"]["currency"]) == (0.00002, "BTC")
    resting = exchange.create_limit_buy_order(PAIR, 0.02, 50_000)
    edited = exchange.edit_order(resting["id"], PAIR, "limit", "buy", 0.03, 51_000)
    assert (edited["price"], edited["amount"]) == (51_000, 0.03)
    assert [order["id"] for order in exchange.fetch_open_orders(PAIR)] == [edited["id"]]
    exchange.cancel_all_orders(PAIR)
    stop = exchange.create_order(PAIR, "limit", "sell", 0.01, 58_000, {"stopLossPrice": 58_500})
    assert exchange.fetch_order(stop["id"], PAIR)["triggerPrice"] == 58_500
    exchange.cancel_order(stop["id"], PAIR)
    [newest] = exchange.fetch_my_trades(PAIR, limit=1)
    assert (newest["order"], newest["takerOrMaker"]) == (market["id"], "taker")


def check_pages(exchange: ccxt.binance) -> None:
    known = len(exchange.fetch_orders(PAIR))
    placed = [exchange.create_limit_buy_order(PAIR, 0.001, 50_000 + n)["id"] for n in range(5)]
    orders = exchange.fetch_orders(PAIR)
    assert [order["id"] for order in orders[known:]] == placed
    page = exchange.fetch_orders(PAIR, params={"orderId": placed[2]})
    assert [order["id"] for order in page] == placed[2:]
    assert len(exchange.fetch_open_orders(PAIR)) == 5
    exchange.cancel_all_orders(PAIR)


def check_requests(exchange: ccxt.binance, counterparty: ccxt.binance) -> None:
    """Make each kind of request that ccxt's own request fixtures make for Spot."""
    counterparty.create_limit_sell_order(PAIR, 1, 60_000)
    counterparty.create_limit_buy_order(PAIR, 1, 59_000)
    for kind, side, amount, price, more in ORDERS:
        exchange.create_order(PAIR, kind, side, amount, price, more)
    for method in ("create_market_buy_order_with_cost", "create_market_sell_order_with_cost"):
        getattr(exchange, method)(PAIR, 100)
        getattr(exchange, method)(PAIR, 105.3243423423423)
    exchange.create_market_order_with_cost(PAIR, "buy", 100)
    exchange.cancel_order("", PAIR, {"clientOrderId": "named-1"})
    assert exchange.fetch_order("", PAIR, {"clientOrderId": "named-1"})["status"] == "canceled"
    since = exchange.milliseconds() - 3_600_000
    for method, *arguments in QUESTIONS:
        getattr(exchange, method)(*(since if each == "since" else each for each in arguments))
    exchange.cancel_all_orders(PAIR)
    counterparty.cancel_all_orders(PAIR)


ORDERS: list[tuple[str, str, float, float | None, dict[str, Any]]] = [
    ("limit", "buy", 0.05, 50_000, {"selfTradePrevention": "expire_maker", "icebergAmount": 0.03}),
    ("market", "buy", 0.001, None, {}),
    ("market", "buy", 0.001, 60_000, {}),
    ("market", "buy", 1, None, {"cost": 50}),
    ("market", "sell", 0.001, None, {"quoteOrderQty": 20}),
    ("limit", "buy", 0.0007856509959147719, 50_000.123456, {}),
    ("limit", "buy", 0.01, 50_000, {"postOnly": True}),
    ("limit", "buy", 0.01, 50_000, {"timeInForce": "PO"}),
    ("limit", "buy", 0.01, 50_000, {"timeInForce": "IOC"}),
    ("limit", "buy", 0.01, 50_000, {"clientOrderId": "named-1"}),
    ("limit", "buy", 0.01, 50_000, {"test": True}),
    ("market", "buy", 0.01, None, {"test": True}),
    ("limit", "buy", 0.01, 62_000, {"triggerPrice": 61_000}),
    ("market", "buy", 0.01, None, {"triggerPrice": 61_000}),
    ("limit", "sell", 0.01, 57_000, {"stopLossPrice": 58_000, "timeInForce": "IOC"}),
    ("limit", "sell", 0.01, 62_000, {"takeProfitPrice": 61_500}),
    ("market", "sell", 0.01, None, {"stopLossPrice": 58_000}),
    ("market", "sell", 0.01, None, {"takeProfitPrice": 61_500}),
    ("market", "sell", 0.01, None, {"trailingPercent": 2.5, "stopLossOrTakeProfit": "stopLoss"}),
    ("limit", "sell", 0.01, 55_000, {"trailingPercent": 5, "stopLossOrTakeProfit": "stopLoss"}),
    ("limit", "sell", 0.01, 70_000, {"trailingPercent": 5, "stopLossOrTakeProfit": "takeProfit"}),
    ("market", "buy", 0.0086, None, {"trailingPercent": 5, "stopLossOrTakeProfit": "takeProfit"}),
]
QUESTIONS: list[tuple[Any, ...]] = [
    ("fetch_time",),
    ("fetch_status",),
    ("fetch_currencies",),
    ("fetch_transaction_fees",),
    ("fetch_deposit_withdraw_fees",),
    ("fetch_ticker", PAIR),
    ("fetch_tickers", [PAIR, "ETH/USDT"]),
    ("fetch_tickers",),
    ("fetch_tickers", [PAIR, "ETH/USDT"], {"rolling": True}),
    ("fetch_last_prices",),
    ("fetch_last_prices", [PAIR]),
    ("fetch_bids_asks", [PAIR]),
    ("fetch_order_book", PAIR),
    ("fetch_order_book", PAIR, 5),
    ("fetch_trades", PAIR),
    ("fetch_trades", PAIR, "since", 10),
    ("fetch_trades", PAIR, None, 5, {"fetchTradesMethod": "publicGetHistoricalTrades"}),
    ("fetch_ohlcv", PAIR),
    ("fetch_ohlcv", PAIR, "1m", "since", 5),
    ("fetch_ohlcv", PAIR, "1h", "since", None, {"until": 1_900_000_000_000}),
    ("fetch_ohlcv", PAIR, "1h", None, 3, {"until": 1_900_000_000_000}),
    ("fetch_balance",),
    ("fetch_trading_fees",),
    ("fetch_open_orders", PAIR),
    ("fetch_orders", PAIR, "since", 5),
    ("fetch_closed_orders", PAIR),
    ("fetch_canceled_orders", PAIR),
    ("fetch_canceled_and_closed_orders", PAIR),
    ("fetch_my_trades", PAIR, "since", 5),
    ("fetch_order_trades", "1", PAIR),
]  # fmt: skip
"""Methods with their arguments; `since` is an hour ago."""


def check_errors(exchange: ccxt.binance, counterparty: ccxt.binance) -> None:
    buy = exchange.create_limit_buy_order
    expect(ccxt.InsufficientFunds, lambda: buy(PAIR, 1000, 60_000))
    expect(ccxt.OrderNotFound, lambda: exchange.cancel_order("1", PAIR))
    expect(ccxt.OrderNotFound, lambda: exchange.fetch_order("1", PAIR))
    counterparty.create_limit_sell_order(PAIR, 0.02, 60_000)
    expect(
        ccxt.OrderImmediatelyFillable,
        lambda: exchange.create_order(PAIR, "limit", "buy", 0.02, 60_000, {"postOnly": True}),
    )
    counterparty.cancel_all_orders(PAIR)
    raw = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    send = exchange.private_post_order
    expect(ccxt.InvalidOrder, lambda: send(raw | {"quantity": "0.000011", "price": "60000"}))
    expect(ccxt.InvalidOrder, lambda: send(raw | {"quantity": "0.01", "price": "60000.001"}))
    expect(ccxt.BadSymbol, lambda: exchange.public_get_depth({"symbol": "NOSUCH"}))
    expect(
        ccxt.InvalidNonce,
        lambda: exchange.private_get_account({"timestamp": exchange.milliseconds() - 90_000}),
    )
    secret, exchange.secret = exchange.secret, "wrong"
    expect(ccxt.AuthenticationError, exchange.fetch_balance)
    exchange.secret = secret


if __name__ == "__main__":
    run_recipes(trade)
