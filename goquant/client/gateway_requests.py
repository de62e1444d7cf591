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
    OrderPage,
    OrderState,
    SwitchState,
    SymbolFees,
    TimerState,
    TransferState,
)
from goquant.client.requests import Request, change, drop_nothing, quote_name, read
from goquant.client.transports import Pages

_PAGE = 1000
_BY_CLIENT_ID = "/v1/orders/by-client-id"


class _BatchResults(msgspec.Struct):
    results: list[BatchItem]


class _Instruments(msgspec.Struct):
    instruments: list[InstrumentState]


class _Fees(msgspec.Struct):
    fees: list[SymbolFees]


def submit_order(
    symbol: str,
    side: str,
    quantity: str,
    *,
    price: str | None = None,
    order_type: str | None = None,
    stop_price: str | None = None,
    client_order_id: str | None = None,
    self_trade_prevention: str | None = None,
    response: str = "result",
) -> Request[OrderState]:
    """Send a new order: without `order_type` a limit order if it has a price, else market."""
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


def cancel_order(order_id: str) -> Request[OrderState]:
    """Cancel an order, and return it as it is then."""
    return change(OrderState, "DELETE", f"/v1/orders/{quote_name(order_id)}", _make_name())


def cancel_order_by_client_id(client_order_id: str) -> Request[OrderState]:
    """Cancel an order, which may still be on its way into the book."""
    path = f"{_BY_CLIENT_ID}/{quote_name(client_order_id)}"
    return change(OrderState, "DELETE", path, _make_name())


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
) -> Request[OrderState]:
    """Change an order, and return it as it is then; `quantity` is the new total."""
    path = f"/v1/orders/{quote_name(order_id)}"
    return _amend(path, price=price, quantity=quantity, stop_price=stop_price)


def amend_order_by_client_id(
    client_order_id: str,
    *,
    price: str | None = None,
    quantity: str | None = None,
    stop_price: str | None = None,
) -> Request[OrderState]:
    """Change an order, and return it as it is then; `quantity` is the new total."""
    path = f"{_BY_CLIENT_ID}/{quote_name(client_order_id)}"
    return _amend(path, price=price, quantity=quantity, stop_price=stop_price)


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


def list_orders(**query: str | int | None) -> Request[OrderPage]:
    """Return a page of orders; `symbol`, `status`, `start`, `end`, `limit`, `after`."""
    return read(OrderPage, "/v1/orders", query)


def list_fills(**query: str | int | None) -> Request[FillPage]:
    """Return a page of fills; `symbol`, `order_id`, `start`, `end`, `limit`, `after`."""
    return read(FillPage, "/v1/fills", query)


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


def _amend(path: str, **changes: str | None) -> Request[OrderState]:
    return change(OrderState, "PATCH", path, _make_name(), body=drop_nothing(changes))


def _make_name() -> str:
    return uuid.uuid4().hex
