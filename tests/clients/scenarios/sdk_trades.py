"""binance-sdk-spot, Binance's own: its models refuse what is not as documented."""

from collections.abc import Callable
from typing import Any

from binance_common.errors import BadRequestError
from binance_sdk_spot.spot import Spot

from tests.clients.scenarios.recipes import Names, expect, run_recipes

SYMBOL = "BTCUSDT"


def trade(mine: Names, other: Names) -> None:
    """Run everything, one part after the other."""
    api, counterparty = mine["client"].rest_api, other["client"].rest_api
    check_start(api)
    check_orders(api, counterparty)
    check_lists(api, counterparty)
    check_errors(api)


def check_start(api: Any) -> None:
    [symbol] = api.exchange_info(symbol=SYMBOL).data().symbols
    assert (symbol.symbol, symbol.status) == (SYMBOL, "TRADING")
    assert len(symbol.filters) == 6
    account = api.get_account().data()
    assert {each.asset: each.free for each in account.balances}["BTC"] == "100.00000000"
    assert api.account_commission(symbol=SYMBOL).data().standard_commission.maker == "0.00100000"
    assert api.rate_limit_order().data()[0].rate_limit_type == "ORDERS"
    assert api.my_filters(symbol=SYMBOL).data().symbol_filters


def check_orders(api: Any, counterparty: Any) -> None:
    def place(who: Any, side: str, kind: str, **more: Any) -> Any:
        return who.new_order(symbol=SYMBOL, side=side, type=kind, **more).data()

    resting = place(api, "BUY", "LIMIT", time_in_force="GTC", quantity=0.02, price=60000.1)
    assert (resting.status, resting.fills) == ("NEW", [])
    sale = place(counterparty, "SELL", "LIMIT", time_in_force="IOC", quantity=0.005, price=60000)
    assert sale.fills[0].price == "60000.10000000"
    found = api.get_order(symbol=SYMBOL, order_id=resting.order_id).data()
    assert (found.status, found.executed_qty) == ("PARTIALLY_FILLED", "0.00500000")
    [opened] = api.get_open_orders(symbol=SYMBOL).data()
    assert opened.order_id == resting.order_id
    canceled = api.delete_order(symbol=SYMBOL, order_id=resting.order_id).data()
    assert canceled.status == "CANCELED"
    place(counterparty, "SELL", "LIMIT", time_in_force="GTC", quantity=1, price=60000)
    market = place(api, "BUY", "MARKET", quantity=0.5)
    assert market.cummulative_quote_qty == "30000.00000000"
    counterparty.delete_open_orders(symbol=SYMBOL)
    orders = api.all_orders(symbol=SYMBOL).data()
    assert [order.status for order in orders] == ["CANCELED", "FILLED"]
    assert len(api.my_trades(symbol=SYMBOL).data()) == 2


def check_lists(api: Any, counterparty: Any) -> None:
    oto = api.order_list_oto(
        symbol=SYMBOL, working_type="LIMIT", working_side="BUY", working_price=50000,
        working_quantity=0.02, working_time_in_force="GTC", pending_type="LIMIT_MAKER",
        pending_side="SELL", pending_quantity=0.01, pending_price=60000,
    ).data()  # fmt: skip
    reports = oto.order_reports
    assert [each.status for each in reports] == ["NEW", "PENDING_NEW"]
    counterparty.new_order(
        symbol=SYMBOL, side="SELL", type="LIMIT", time_in_force="IOC", quantity=0.02, price=50000
    )
    pending = api.get_order(symbol=SYMBOL, order_id=reports[1].order_id).data()
    assert pending.status == "NEW"
    found = api.get_order_list(order_list_id=oto.order_list_id).data()
    assert (found.contingency_type, found.list_order_status) == ("OTO", "EXECUTING")
    [listed] = api.all_order_list().data()
    assert listed.order_list_id == oto.order_list_id
    canceled = api.delete_order_list(symbol=SYMBOL, order_list_id=oto.order_list_id).data()
    assert canceled.list_order_status == "ALL_DONE"


def check_errors(api: Any) -> None:
    def buy(**more: Any) -> Callable[[], object]:
        values = {"time_in_force": "GTC", "quantity": 0.01, "price": 60000} | more
        return lambda: api.new_order(symbol=SYMBOL, side="BUY", type="LIMIT", **values)

    for action in (
        buy(price=60000.001),
        buy(quantity=1000),
        lambda: api.delete_order(symbol=SYMBOL, order_id=1),
        lambda: api.get_order(symbol=SYMBOL, order_id=1),
        lambda: api.get_account(recv_window=60001),
    ):
        expect(BadRequestError, action)


if __name__ == "__main__":
    run_recipes(trade)
    assert Spot
