"""What happens on an exchange that is being kept: something of each kind, each on purpose.

Every scene leaves something open, so that what comes later meets it.
"""

from protocol.enums import PRICED_TYPES, TRIGGERED_TYPES, OrderType, SelfTradePrevention
from tests.support.kept_exchange.files import Json
from tests.support.kept_exchange.stage import Stage

NAMED = "/v1/orders/by-client-id/change-"
PLACES = 40
"""Orders of the cascade, and of each account that the sweep takes."""


def play_order_types(stage: Stage, symbol: str) -> None:
    """Each type on each side, once where it can trade and once where it cannot."""
    for side, other in (("buy", "sell"), ("sell", "buy")):
        for order_type in OrderType:
            worse, better = ("9", "11") if side == "buy" else ("11", "9")
            stage.order("maker", symbol, other, "3", price="10")
            for price in (worse, better):
                terms = _choose_terms(order_type, price)
                stage.order("taker", symbol, side, "4", order_type=order_type, **terms)
            stage.ask("maker", "DELETE", f"/v1/orders?symbol={symbol}")
        stage.ask("taker", "DELETE", f"/v1/orders?symbol={symbol}")
    for step in range(5):
        stage.order("maker", symbol, "buy", f"{step + 2}", price=f"{8 - step}")
        stage.order("maker", symbol, "sell", f"{step + 3}", price=f"{12 + step}")
    waiting = {"order_type": "stop_limit", "price": "12.5", "stop_price": "13"}
    stage.order("taker", symbol, "buy", "2", **waiting)
    stage.order("taker", symbol, "sell", "2", order_type="take_profit", stop_price="14")


def play_self_trades(stage: Stage, symbol: str) -> None:
    """Each mode with a limit, market, fok and ioc order that meets its own behind another's."""
    for number, mode in enumerate(SelfTradePrevention):
        for order_type in ("limit", "market", "fok", "ioc"):
            account, other = f"self-{number}", f"other-{number}"
            stage.order(account, symbol, "sell", "5", price="10.2")
            stage.order(other, symbol, "sell", "2", price="10.1")
            stage.order(other, symbol, "sell", "4", price="10.2")
            terms = {} if order_type == "market" else {"price": "10.2"}
            terms |= {"order_type": order_type, "self_trade_prevention": mode}
            for quantity in ("3", "8"):
                stage.order(account, symbol, "buy", quantity, **terms)
        stage.ask(account, "DELETE", "/v1/orders")


def play_changes(stage: Stage, symbol: str) -> None:
    """Amends that keep and lose their place, cancels by either name, repeats of all of them."""
    for number in range(6):
        name = f"change-{number}"
        stage.order("mover", symbol, "buy", "5", price="7.5", client_order_id=name)
    stage.order("seller", symbol, "sell", "7", price="7.5")
    changes = (
        (1, {"quantity": "4"}), (2, {"quantity": "9"}), (3, {"price": "7.6"}),
        (4, {"price": "7.5"}), (4, {"price": "7.4", "quantity": "6"}), (5, {"stop_price": "8"}),
        (77, {"quantity": "1"}), (0, {"quantity": "2"}),
    )  # fmt: skip
    for number, change in changes:
        _ask_twice(stage, "PATCH", number, change)
    stage.order("seller", symbol, "sell", "3", price="7.5")
    _ask_twice(stage, "PATCH", 3, {"quantity": "2"})
    for number in (2, 2, 77, 3):
        _ask_twice(stage, "DELETE", number)
        stage.ask("stranger", "DELETE", f"{NAMED}{number}")
    waiting = {"order_type": "stop_limit", "price": "16", "stop_price": "15"}
    order_id = stage.order("mover", symbol, "buy", "3", **waiting)["order_id"]
    post_only = stage.order("mover", symbol, "buy", "1", price="7", order_type="post_only")
    for change in ({"stop_price": "15.5"}, {"price": "15.8"}, {"quantity": "2"}):
        stage.ask("mover", "PATCH", f"/v1/orders/{order_id}", change)
    stage.ask("mover", "PATCH", f"/v1/orders/{post_only['order_id']}", {"price": "40"})
    stage.push({"command": "amend", "account": "mover", "order_id": order_id})
    stage.ask("mover", "DELETE", f"/v1/orders/{post_only['order_id']}")


def play_cascade(stage: Stage, symbol: str) -> None:
    """One trade fires a stop, whose trade fires the next, to the end of the line; both ways."""
    for step in range(PLACES):
        up, down = f"{100 + step * 0.05:.2f}", f"{99 - step * 0.05:.2f}"
        stage.order("wall", symbol, "sell", "1", price=up)
        stage.order("wall", symbol, "buy", "1", price=down)
        terms = {"order_type": "stop_loss" if step % 3 else "stop_limit"}
        buy, sell = ({} if step % 3 else {"price": price} for price in ("150", "50"))
        stage.order(f"stop-{step % 4}", symbol, "buy", "1", stop_price=up, **terms, **buy)
        stage.order(f"stop-{step % 4}", symbol, "sell", "1", stop_price=down, **terms, **sell)
    stage.order("wall", symbol, "sell", "2", price="120")
    stage.order("wall", symbol, "buy", "2", price="80")
    for side in ("buy", "sell"):
        fills = stage.order("spark", symbol, side, "1", order_type="market")["fills"]
        assert len(fills) == 1
    for step in range(6):
        price = {"price": f"{101 + step}", "stop_price": f"{100 + step}"}
        stage.order("late", symbol, "buy", "1", order_type="take_profit_limit", **price)


def play_sweep(stage: Stage, symbol: str) -> None:
    """One order takes nearly all that many accounts have."""
    limit = {"symbol": symbol, "side": "sell", "order_type": "limit"}
    for number in range(8):
        prices = [f"{30 + place * 0.01 + number * 0.003:.3f}" for place in range(PLACES)]
        orders = [
            limit | {"quantity": f"{place % 7 + 1}", "price": price}
            for place, price in enumerate(prices)
        ]
        stage.ask(f"crowd-{number}", "POST", "/v1/orders/batch?response=full", {"orders": orders})
    quantity = str(8 * sum(place % 7 + 1 for place in range(PLACES)) - 9)
    stage.order("whale", symbol, "buy", quantity, price="40")
    stage.order("whale", symbol, "buy", "100", order_type="fok", price="40")


def play_timers(stage: Stage, symbol: str) -> None:
    """A switch that fires, one that is renewed and then cleared, one that cannot be set."""
    for account in ("sleeper", "waker"):
        for price in ("3.1", "3.2", "3.3"):
            stage.order(account, symbol, "buy", "1", price=price)
        stage.ask(account, "POST", "/v1/cancel-after", {"seconds": 60})
    stage.ask("waker", "POST", "/v1/cancel-after", {"seconds": 0})
    stage.push({"command": "cancel_after", "account": "waker", "seconds": 100_000})
    stage.wait_for_command(
        b"expire_timers",
        lambda: stage.ask("sleeper", "POST", "/v1/cancel-after", {"seconds": 1}),
    )


def play_unsettled(stage: Stage, symbol: str) -> None:
    """Armed timers, a halt and a queue that is being cleared, and then a snapshot of them.

    It has to be due within the next 30 commands. Afterwards all of it is settled.
    """
    order: Json = {"symbol": symbol, "side": "sell", "order_type": "limit", "quantity": "2"}
    armed = ("armed-1", "armed-2", "armed-3")
    for number, account in enumerate(armed):
        stage.order(account, symbol, "sell", "2", price=f"{80 + number}")
        stage.ask(account, "POST", "/v1/cancel-after", {"seconds": 3600 - number})
    stage.ask("operator", "POST", f"/v1/instruments/{symbol}/halt")
    named = [order | {"price": "70", "account": account} for account in armed]
    stage.push({"command": "clear_queue", "quantity": "50"}, *named * 10)
    stage.wait_for_snapshot()
    stage.push(*[{"command": "cancel", "account": "armed-1", "order_id": "1"}] * 20, *named)
    stage.ask("operator", "POST", f"/v1/instruments/{symbol}/resume")
    for account in armed[:2]:
        stage.ask(account, "POST", "/v1/cancel-after", {"seconds": 0})
    stage.push({"command": "cancel_after", "account": armed[2], "seconds": 1})
    stage.wait_for_command(b"expire_timers", lambda: None)


def _ask_twice(stage: Stage, method: str, number: int, change: Json | None = None) -> None:
    """The same change again under the same key, which is queued once."""
    key = f"{method}-{stage.history.sequence}"
    for _ in range(2):
        stage.ask("mover", method, f"{NAMED}{number}", change, Idempotency_Key=key)


def _choose_terms(order_type: OrderType, price: str) -> dict[str, str]:
    """`price` for whatever price the type needs."""
    terms = {"price": price} if order_type in PRICED_TYPES else {}
    return terms | ({"stop_price": price} if order_type in TRIGGERED_TYPES else {})
