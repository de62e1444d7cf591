"""What an exchange that is being kept refuses: each reason on purpose, at least once."""

import json

from tests.support.kept_exchange.files import Json
from tests.support.kept_exchange.stage import Stage


def play_repeats(stage: Stage, symbol: str) -> None:
    """One name again with the same body, with another, and one id under two names."""
    order = {"symbol": symbol, "side": "buy", "order_type": "limit", "quantity": "2", "price": "5"}
    named = order | {"client_order_id": "once"}
    stage.order("repeater", **named)
    stage.order("repeater", **named)
    stage.ask("repeater", "POST", "/v1/orders?response=result", named | {"quantity": "3"})
    one, two = ({"order_id": "4711", "client_order_id": name} for name in ("one", "two"))
    stage.push(order | one, order | two, order | one | {"account": "repeater"}, order | one)


def play_name_of_the_past(stage: Stage, symbol: str) -> None:
    """A closed order's name is another order's again once so many others have closed after it."""
    order = {"symbol": symbol, "side": "sell", "quantity": "1", "price": "900"}
    named = order | {"order_type": "ioc", "client_order_id": "forgotten"}
    for status in (201, 200):
        answer = stage.ask("repeater", "POST", "/v1/orders?response=result", named)
        assert answer.status_code == status, answer.text


def play_halt(stage: Stage, symbol: str, *, resumes: bool) -> None:
    """Nothing but cancels while it is halted."""
    resting = stage.order("halted", symbol, "buy", "3", price="4")
    doomed = stage.order("halted", symbol, "buy", "3", price="4.1")
    stage.ask("operator", "POST", f"/v1/instruments/{symbol}/halt")
    refused = {"symbol": symbol, "side": "sell", "order_type": "market", "quantity": "1"}
    stage.ask("halted", "POST", "/v1/orders?response=result", refused)
    stage.ask("halted", "PATCH", f"/v1/orders/{resting['order_id']}", {"quantity": "2"})
    stage.ask("halted", "DELETE", f"/v1/orders/{doomed['order_id']}")
    if resumes:
        stage.ask("operator", "POST", f"/v1/instruments/{symbol}/resume")
        stage.ask("halted", "PATCH", f"/v1/orders/{resting['order_id']}", {"quantity": "2"})


def play_cleared_queue(stage: Stage, symbol: str) -> None:
    """The orders that wait are rejected, everything else among them is not."""
    order = {"symbol": symbol, "side": "buy", "order_type": "limit", "quantity": "1", "price": "6"}
    orders = [order | {"account": f"cleared-{number}"} for number in range(8)]
    clear = {"command": "clear_queue", "quantity": "9"}
    stage.push(clear, *orders, {"command": "cancel_all", "account": "cleared-1"}, *orders)


def play_limits(stage: Stage, symbol: str) -> None:
    """Every limit of the instrument, and of the account, by the engine's own word."""
    stage.order("limited", symbol, "sell", "50", price="0.5")
    name = stage.order("limited", symbol, "buy", "60", price="0.5")["order_id"]
    base = {"symbol": symbol, "side": "buy", "order_type": "limit", "account": "limited"}
    amend = {"command": "amend", "account": "limited", "order_id": name}
    stage.push(
        base | {"quantity": "0.5", "price": "0.5"}, base | {"quantity": "20000", "price": "0.5"},
        base | {"quantity": "1", "price": "0.5"}, base | {"quantity": "9999", "price": "0.55"},
        base | {"quantity": "50", "price": "0.7"}, base | {"quantity": "50", "price": "0.3"},
        amend | {"price": "0.9"}, amend | {"quantity": "50000"}, amend | {"quantity": "55"},
        amend | {"price": "0.45"}, amend | {"quantity": "1"},
    )  # fmt: skip
    many = [base | {"account": "greedy", "quantity": "10", "price": "0.41"} for _ in range(155)]
    for start in range(0, len(many), 50):
        stage.push(*many[start : start + 50])
    stage.push({"command": "cancel_all", "account": "greedy", "symbol": symbol})
    in_force = stage.find_command(b'"configure"')
    stage.push({"command": "configure", "limits": {"max_open_orders": 2}})
    stage.push(*many[:4], base | {"quantity": "50", "price": "0.7"})
    stage.push({"command": "configure", "limits": {"instruments": {symbol: {"price_band": "x"}}}})
    stage.push(in_force, *many[:2])


def play_wrong_entries(stage: Stage, symbol: str) -> None:
    """What anybody may put into the list: nothing, or hardly anything, that an engine could use."""
    order: Json = {
        "symbol": symbol, "side": "buy", "order_type": "limit", "quantity": "1", "price": "6",
        "account": "wrong",
    }  # fmt: skip
    stage.push(*UNREADABLE, json.dumps(order | {"detail": "x" * 70_000}).encode())
    stage.push(*WRONG_COMMANDS)
    for name in order:
        stage.push({field: value for field, value in order.items() if field != name})
    stage.push(*(order | change for change in WRONG_FIELDS))
    stage.push(*(order | change for change in UNUSUAL_FIELDS))
    stage.push(
        b'{ "symbol" : "%b", "side":"buy","order_type":"limit", "quantity":"1.50", "price":"06.0" }'
        % symbol.encode()
    )


UNREADABLE = (
    b"", b"\x00\xff", b"[]", b"null", b"{", b'{"price":1}', b'"text"', b"[" * 200,
    b"\xef\xbb\xbf{}", b'{"command":"dead"}',
)  # fmt: skip
WRONG_COMMANDS: tuple[Json, ...] = (
    {"command": "dead"},
    {"command": "dead", "reason": "internal_error", "detail": "its handling failed"},
    {"command": "destroy"},
    {"command": "cancel", "account": "wrong"},
    {"command": "cancel", "order_id": "12"},
    {"command": "cancel_all", "account": "wrong", "symbol": "NO-SUCH"},
    {"command": "cancel_all", "account": "nobody"},
    {"command": "halt"},
    {"command": "cancel_after", "account": "wrong"},
    {"command": "clear_queue", "quantity": "x"},
    {"command": "expire_timers", "received_at": "yesterday"},
    {"command": "expire_timers"},
)
WRONG_FIELDS: tuple[Json, ...] = (
    {"order_type": "market"},
    {"order_type": "stop_loss"},
    {"order_type": "stop_loss", "price": None},
    {"order_type": "stop_loss", "price": None, "quantity": 5},
    {"order_type": "iceberg"},
    {"quantity": None},
    {"quantity": "1.00001"},
    {"quantity": "99999999999999"},
    {"quantity": " 1"},
    {"price": "6.00001"},
    {"price": "0"},
    {"price": "1e5"},
    {"price": "-1"},
    {"stop_price": "7"},
    {"side": "hold"},
    {"self_trade_prevention": "maybe"},
    {"symbol": "NO-SUCH"},
    {"account": "a b"},
    {"account": ""},
    {"client_order_id": "ä"},
    {"client_order_id": "x" * 65},
    {"order_id": "0"},
    {"order_id": "1x"},
    {"order_id": 5},
)
UNUSUAL_FIELDS: tuple[Json, ...] = (
    {"unknown": [1, {"a": None}]},
    {"client_order_id": "as.long:as_it-may" + "." * 47},
    {"quantity": "1.250", "price": "006.01"},
)
"""Orders all the same."""
