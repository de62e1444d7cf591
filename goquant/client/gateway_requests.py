"""What can be asked of the gateway: the methods of both its clients."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from goquant.client.answers import (
    AccountBalances,
    AccountPositions,
    BatchItem,
    CanceledOrders,
    FeesState,
    FillPage,
    InstrumentState,
    LedgerPage,
    ListState,
    MoveState,
    OrderPage,
    OrderState,
    PreventedMatchPage,
    ReplaceState,
    SwitchState,
    SymbolFees,
    TimerState,
    TransferPage,
    TransferState,
)
from goquant.client.requests import Request, change, drop_nothing, quote_name, read
from goquant.client.transports import Pages

_PAGE = 1000
_BY_CLIENT_ID = "/v1/orders/by-client-id"
_LISTS = "/v1/order-lists"
_BY_NUMBER = "/v1/orders/by-number"


class _BatchResults(msgspec.Struct):
    results: list[BatchItem]


class _Instruments(msgspec.Struct):
    instruments: list[InstrumentState]


class _Fees(msgspec.Struct):
    fees: list[SymbolFees]


def submit_order(
    symbol: str,
    side: str,
    quantity: str | None = None,
    *,
    price: str | None = None,
    order_type: str | None = None,
    stop_price: str | None = None,
    client_order_id: str | None = None,
    self_trade_prevention: str | None = None,
    unique: str | None = None,
    time_in_force: str | None = None,
    expires_at: str | None = None,
    display_quantity: str | None = None,
    quote_quantity: str | None = None,
    reject_if_triggered: bool | None = None,
    trailing_offset: str | None = None,
    trailing_offset_type: str | None = None,
    activation_price: str | None = None,
    response: str = "result",
) -> Request[OrderState]:
    """Send a new order: without `order_type` a limit order if it has a price, else market.

    With `unique="open"` the client_order_id only has to differ from those of open orders; then a
    request that is sent again may make a second order, unless the first one is still open.

    A market order may have a `quote_quantity`, the amount to spend or to get, for its quantity. A
    stop with a `trailing_offset` in `basis_points` or `price` (`trailing_offset_type`) has no stop
    price of its own: it follows the market, from `activation_price` on if there is one.
    """
    name = client_order_id or _make_name()
    order = {
        "symbol": symbol,
        "side": side,
        "quantity": quantity,
        "order_type": order_type or ("limit" if price else "market"),
        "price": price,
        "stop_price": stop_price,
        "client_order_id": name,
        "self_trade_prevention": self_trade_prevention,
        "unique": unique,
        "time_in_force": time_in_force,
        "expires_at": expires_at,
        "display_quantity": display_quantity,
        "quote_quantity": quote_quantity,
        "reject_if_triggered": reject_if_triggered,
        "trailing_offset": trailing_offset,
        "trailing_offset_type": trailing_offset_type,
        "activation_price": activation_price,
    }
    query, body = {"response": response}, drop_nothing(order)
    return change(
        OrderState,
        "POST",
        "/v1/orders",
        _make_name(),
        query=query,
        body=body,
        client_order_ids=(name,),
    )


def submit_orders(
    orders: Sequence[Mapping[str, Any]], *, response: str = "ack"
) -> Request[list[BatchItem]]:
    """Send up to 500 new orders at once, as JSON has them; return a result for each."""
    named = [{"client_order_id": _make_name(), **order} for order in orders]
    request = change(
        _BatchResults,
        "POST",
        "/v1/orders/batch",
        _make_name(),
        query={"response": response},
        body={"orders": named},
        client_order_ids=tuple(order["client_order_id"] for order in named),
    )
    return request.then(lambda answer: answer.results)


def replace_order(
    replaced: Mapping[str, Any], order: Mapping[str, Any], *, mode: str | None = None
) -> Request[ReplaceState]:
    """Cancel an order and send a new one, as one command.

    `replaced` has one of order_id, number and client_order_id, and perhaps a `restriction` and a
    `cancel_id`; `order` is as JSON has it. With `mode="allow_failure"` the new order is entered
    even if the other one cannot be canceled.
    """
    body = drop_nothing({"replaced": replaced, "order": order, "mode": mode})
    return change(ReplaceState, "POST", "/v1/orders/replace", _make_name(), body=body)


def submit_list(
    list_type: str,
    symbol: str,
    orders: Sequence[Mapping[str, Any]],
    *,
    client_list_id: str | None = None,
) -> Request[ListState]:
    """Send orders that hang on one another; all of them are taken, or none.

    `oco`: two legs, of which one ends the other; `oto`, `otoco`: one order, or two legs, wait until
    the first order is filled; `opo`, `opoco`: they sell what that has bought. `orders` are as JSON
    has them, without `symbol`.
    """
    body = {"list_type": list_type, "symbol": symbol, "orders": [*orders]}
    named = body | {"client_list_id": client_list_id or _make_name()}
    return change(ListState, "POST", _LISTS, _make_name(), body=named)


def cancel_list(list_id: int, *, cancel_id: str | None = None) -> Request[ListState]:
    """Cancel all orders of a list that are open; return its orders as they are then."""
    query = {"cancel_id": cancel_id}
    return change(ListState, "DELETE", f"{_LISTS}/{list_id}", _make_name(), query=query)


def cancel_list_by_client_id(
    client_list_id: str, *, cancel_id: str | None = None
) -> Request[ListState]:
    """Cancel the open list of that name."""
    path = f"{_LISTS}/by-client-id/{quote_name(client_list_id)}"
    return change(ListState, "DELETE", path, _make_name(), query={"cancel_id": cancel_id})


def read_list(list_id: int) -> Request[ListState]:
    """Return a list with all its orders, open or not."""
    return read(ListState, f"{_LISTS}/{list_id}")


def read_list_by_client_id(client_list_id: str) -> Request[ListState]:
    """Return the latest list of that name."""
    return read(ListState, f"{_LISTS}/by-client-id/{quote_name(client_list_id)}")


def cancel_order(
    order_id: str, *, restriction: str | None = None, cancel_id: str | None = None
) -> Request[OrderState]:
    """Cancel an order, and return it as it is then.

    With a `restriction` (`only_new`, `only_partially_filled`) it is canceled only if nothing, or
    something, of it has traded. `cancel_id` is your own id of the cancel, which its report has.
    """
    return _cancel(f"/v1/orders/{quote_name(order_id)}", restriction, cancel_id)


def cancel_order_by_client_id(
    client_order_id: str, *, restriction: str | None = None, cancel_id: str | None = None
) -> Request[OrderState]:
    """Cancel an order, which may still be on its way into the book."""
    return _cancel(f"{_BY_CLIENT_ID}/{quote_name(client_order_id)}", restriction, cancel_id)


def cancel_order_by_number(
    number: int, *, restriction: str | None = None, cancel_id: str | None = None
) -> Request[OrderState]:
    """Cancel an order by its number in the exchange's count."""
    return _cancel(f"{_BY_NUMBER}/{number}", restriction, cancel_id)


def cancel_each(
    orders: Sequence[Mapping[str, Any]], *, response: str = "result"
) -> Request[list[BatchItem]]:
    """Cancel up to 500 orders at once, each named as in `replace_order`; return each's result."""
    query, body = {"response": response}, {"orders": [*orders]}
    request = change(
        _BatchResults, "POST", "/v1/orders/cancel-batch", _make_name(), query=query, body=body
    )
    return request.then(lambda answer: answer.results)


def cancel_orders(symbol: str | None = None) -> Request[CanceledOrders]:
    """Cancel all open orders of the account, or those of one instrument."""
    query = {"symbol": symbol}
    return change(CanceledOrders, "DELETE", "/v1/orders", _make_name(), query=query)


def amend_order(
    order_id: str,
    *,
    price: str | None = None,
    quantity: str | None = None,
    stop_price: str | None = None,
    new_client_order_id: str | None = None,
    only_lower: bool | None = None,
) -> Request[OrderState]:
    """Change an order, and return it as it is then; `quantity` is the new total.

    `only_lower` refuses all but a lower quantity.
    """
    return _amend(
        f"/v1/orders/{quote_name(order_id)}",
        price=price,
        quantity=quantity,
        stop_price=stop_price,
        client_order_id=new_client_order_id,
        only_lower=only_lower,
    )


def amend_order_by_client_id(
    client_order_id: str,
    *,
    price: str | None = None,
    quantity: str | None = None,
    stop_price: str | None = None,
    new_client_order_id: str | None = None,
    only_lower: bool | None = None,
) -> Request[OrderState]:
    """Change an order, as `amend_order` does."""
    return _amend(
        f"{_BY_CLIENT_ID}/{quote_name(client_order_id)}",
        price=price,
        quantity=quantity,
        stop_price=stop_price,
        client_order_id=new_client_order_id,
        only_lower=only_lower,
    )


def amend_order_by_number(
    number: int,
    *,
    price: str | None = None,
    quantity: str | None = None,
    stop_price: str | None = None,
    new_client_order_id: str | None = None,
    only_lower: bool | None = None,
) -> Request[OrderState]:
    """Change an order, as `amend_order` does."""
    return _amend(
        f"{_BY_NUMBER}/{number}",
        price=price,
        quantity=quantity,
        stop_price=stop_price,
        client_order_id=new_client_order_id,
        only_lower=only_lower,
    )


def cancel_after(seconds: int, *, scope: str | None = None) -> Request[TimerState]:
    """Have the account's orders canceled in `seconds` unless called again; 0 disarms.

    With `scope="except_stops"`, orders that still wait for their stop price stay; else all go.
    """
    body = drop_nothing({"seconds": seconds, "scope": scope})
    return change(TimerState, "POST", "/v1/cancel-after", _make_name(), body=body)


def read_order(order_id: str) -> Request[OrderState]:
    """Return the latest state of an order."""
    return read(OrderState, f"/v1/orders/{quote_name(order_id)}")


def read_order_by_client_id(client_order_id: str) -> Request[OrderState]:
    """Return the latest state of an order."""
    return read(OrderState, f"{_BY_CLIENT_ID}/{quote_name(client_order_id)}")


def read_order_by_number(number: int) -> Request[OrderState]:
    """Return the latest state of an order."""
    return read(OrderState, f"{_BY_NUMBER}/{number}")


def list_orders(**query: str | int | None) -> Request[OrderPage]:
    """Return a page of orders; `symbol`, `status`, `start`, `end`, `limit`, `after`."""
    return read(OrderPage, "/v1/orders", query)


def list_fills(**query: str | int | None) -> Request[FillPage]:
    """Return a page of fills; `symbol`, `order_id`, `shard`, `start`, `end`, `limit`, `after`."""
    return read(FillPage, "/v1/fills", query)


def list_prevented_matches(symbol: str, **query: str | int | None) -> Request[PreventedMatchPage]:
    """Return a page of a symbol's prevented matches; `order_id`, `limit`, `after`."""
    return read(PreventedMatchPage, "/v1/prevented-matches", {"symbol": symbol, **query})


def balances() -> Request[AccountBalances]:
    """Return what the account has of every asset."""
    return read(AccountBalances, "/v1/balances")


def positions() -> Request[AccountPositions]:
    """Return what the account's fills come to, by instrument."""
    return read(AccountPositions, "/v1/positions")


def ledger(*, start: str | None = None, end: str | None = None) -> Pages[LedgerPage]:
    """Give every change of the account's balances from `start` on and before `end`, newest first.

    Both are timestamps.
    """
    query: dict[str, str | int | None] = {"start": start, "end": end, "limit": _PAGE}
    after: str | None = None
    has_more = True
    while has_more:
        page = yield read(LedgerPage, "/v1/ledger", query | {"after": after})
        after = page.after
        has_more = after is not None


def fees() -> Request[list[SymbolFees]]:
    """Return the rates that the account pays, by instrument."""
    return read(_Fees, "/v1/fees").then(lambda answer: answer.fees)


def list_instruments() -> Request[list[InstrumentState]]:
    """Return what is traded."""
    return read(_Instruments, "/v1/instruments").then(lambda answer: answer.instruments)


def halt_instrument(symbol: str) -> Request[SwitchState]:
    """Stop trading: orders can only be canceled from now on. Needs the scope `admin`."""
    path = f"/v1/instruments/{quote_name(symbol)}/halt"
    return change(SwitchState, "POST", path, _make_name())


def resume_instrument(symbol: str) -> Request[SwitchState]:
    """Trade again. Needs the scope `admin`."""
    path = f"/v1/instruments/{quote_name(symbol)}/resume"
    return change(SwitchState, "POST", path, _make_name())


def set_phase(symbol: str, phase: str) -> Request[SwitchState]:
    """Begin a phase: `continuous`, or `halted` or `closed`, in which orders can only be canceled.

    Needs the scope `admin`.
    """
    path = f"/v1/instruments/{quote_name(symbol)}/phase"
    return change(SwitchState, "POST", path, _make_name(), body={"phase": phase})


def credit(
    account: str, asset: str, amount: str, *, transfer_id: str | None = None
) -> Request[TransferState]:
    """Give `account` an amount of an asset, once for a `transfer_id`. Needs the scope `admin`.

    If it is left out, it is the Idempotency-Key, which GatewayUnreachable has.
    """
    return _transfer("/v1/admin/credit", account, asset, amount, transfer_id)


def debit(
    account: str, asset: str, amount: str, *, transfer_id: str | None = None
) -> Request[TransferState]:
    """Take an amount of an asset from what `account` has free. Otherwise as `credit`."""
    return _transfer("/v1/admin/debit", account, asset, amount, transfer_id)


def transfer(
    asset: str, amount: str, *, source: int, target: int, transfer_id: str | None = None
) -> Request[MoveState]:
    """Move an amount from what the account has free on one shard to another, once for an id.

    If `transfer_id` is left out, it is the Idempotency-Key, which GatewayUnreachable has.
    """
    name = _make_name()
    body = {
        "asset": asset,
        "amount": amount,
        "from": source,
        "to": target,
        "id": transfer_id or name,
    }
    return change(MoveState, "POST", "/v1/transfers", name, body=body)


def list_transfers() -> Pages[TransferPage]:
    """Give what the account has moved from one shard to another, newest first."""
    after: str | None = None
    has_more = True
    while has_more:
        page = yield read(TransferPage, "/v1/transfers", {"limit": _PAGE, "after": after})
        after = page.after
        has_more = after is not None


def set_fees(
    account: str, *, maker: str, taker: str, symbol: str | None = None
) -> Request[FeesState]:
    """Give `account` fee rates of its own, for a symbol or for all. Needs the scope `admin`."""
    body = drop_nothing({"account": account, "symbol": symbol, "maker": maker, "taker": taker})
    return change(FeesState, "POST", "/v1/admin/fees", _make_name(), body=body)


def _transfer(
    path: str, account: str, asset: str, amount: str, identifier: str | None
) -> Request[TransferState]:
    name = _make_name()
    body = {"account": account, "asset": asset, "amount": amount, "id": identifier or name}
    return change(TransferState, "POST", path, name, body=body)


def _cancel(path: str, restriction: str | None, cancel_id: str | None) -> Request[OrderState]:
    query: dict[str, str | int | None] = {"restriction": restriction, "cancel_id": cancel_id}
    return change(OrderState, "DELETE", path, _make_name(), query=query)


def _amend(path: str, **changes: str | bool | None) -> Request[OrderState]:
    return change(OrderState, "PATCH", path, _make_name(), body=drop_nothing(changes))


def _make_name() -> str:
    return uuid.uuid4().hex
