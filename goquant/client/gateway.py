"""Typed clients of the gateway: `GatewayClient` for asyncio, `SyncGatewayClient` without it.

    async with GatewayClient("http://localhost:8000", account="alice") as gateway:
        order = await gateway.submit_order("BTC-USDT", "buy", "1.0", price="60000")
        print(order.order_id, order.status, order.filled_quantity)
        await gateway.amend_order(order.order_id, price="60001")
        await gateway.cancel_after(30)             # unless renewed within 30 seconds
        async for update in gateway.stream_orders():
            print(update.number, update.type)      # the snapshot, then every report
            break
        done = await gateway.cancel_orders("BTC-USDT")
        print(done.canceled, "canceled")

    with SyncGatewayClient("http://localhost:8000", account="alice") as gateway:
        order = gateway.submit_order("BTC-USDT", "buy", "1.0", price="60000")

If the engine does not answer in time, an answer's `is_pending` is true.
With authentication on: `GatewayClient(url, key="…")`, or `key="…", secret="…"` for signed requests.
An answer that is an error raises GatewayError, whose `code` says what was wrong.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Literal

import httpx
from websockets.exceptions import ConnectionClosedOK

from goquant.client import gateway_requests as requests
from goquant.client.answers import (
    LedgerEntry,
    LedgerPage,
    ShardTransfer,
    TransferPage,
    Update,
    read_update,
)
from goquant.client.book import Json
from goquant.client.caller import Caller
from goquant.client.command_stream import CommandStream, find_command
from goquant.client.connection import StreamConnection
from goquant.client.errors import GATEWAY, GatewayError
from goquant.client.transports import (
    AsyncClient,
    SyncClient,
    awaited,
    awaited_pages,
    blocking,
    blocking_pages,
)
from protocol.headers import ACCOUNT_HEADER, KEY_HEADER, PREFER_HEADER
from protocol.stream_urls import ORDER_STREAM_PATH, make_order_stream_url

TIMEOUT_SECONDS = 35.0
"""An answer that waits for the engine takes thirty seconds at most."""


def _split_ledger(page: LedgerPage) -> Sequence[LedgerEntry]:
    return page.entries


def _split_transfers(page: TransferPage) -> Sequence[ShardTransfer]:
    return page.transfers


class GatewayClient(AsyncClient):
    """One account at one gateway. Use as an asynchronous context.

    A request whose connection breaks is sent again, three times in all; then GatewayUnreachable is
    raised. That is safe: an order has a client_order_id, another change an Idempotency-Key, and the
    error has those of a request that may be queued.

    An answer waits for the engine for `wait` seconds (at most 30), or as long as the gateway
    chooses. A request that the gateway tells to come back later (429, 503) does so for as long in
    all.

    With `over="websocket"` new orders, amends and cancels go as commands over one WebSocket, which
    is opened by the first of them; all else, and order lists, are HTTP requests as before. Answers
    and errors are the same.
    """

    def __init__(
        self,
        url: str,
        *,
        account: str | None = None,
        key: str | None = None,
        secret: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        wait: int | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        over: Literal["http", "websocket"] = "http",
    ) -> None:
        caller = _make_caller(url, account, key, secret, wait)
        super().__init__(caller, timeout, transport)
        self._commands: CommandStream | None = None
        if over == "websocket":
            self._commands = CommandStream(caller.url, caller.make_headers, timeout)
        elif over != "http":
            raise ValueError(f"over is http or websocket, not {over!r}")

    async def close(self) -> None:
        """Close the connections."""
        if self._commands is not None:
            await self._commands.close()
        await super().close()

    submit_order = awaited(requests.submit_order)
    submit_orders = awaited(requests.submit_orders)
    replace_order = awaited(requests.replace_order)
    submit_list = awaited(requests.submit_list)
    cancel_list = awaited(requests.cancel_list)
    cancel_list_by_client_id = awaited(requests.cancel_list_by_client_id)
    read_list = awaited(requests.read_list)
    read_list_by_client_id = awaited(requests.read_list_by_client_id)
    cancel_order = awaited(requests.cancel_order)
    cancel_order_by_client_id = awaited(requests.cancel_order_by_client_id)
    cancel_order_by_number = awaited(requests.cancel_order_by_number)
    cancel_each = awaited(requests.cancel_each)
    cancel_orders = awaited(requests.cancel_orders)
    amend_order = awaited(requests.amend_order)
    amend_order_by_client_id = awaited(requests.amend_order_by_client_id)
    amend_order_by_number = awaited(requests.amend_order_by_number)
    cancel_after = awaited(requests.cancel_after)
    read_order = awaited(requests.read_order)
    read_order_by_client_id = awaited(requests.read_order_by_client_id)
    read_order_by_number = awaited(requests.read_order_by_number)
    list_orders = awaited(requests.list_orders)
    list_fills = awaited(requests.list_fills)
    list_prevented_matches = awaited(requests.list_prevented_matches)
    list_instruments = awaited(requests.list_instruments)
    halt_instrument = awaited(requests.halt_instrument)
    resume_instrument = awaited(requests.resume_instrument)
    set_phase = awaited(requests.set_phase)
    balances = awaited(requests.balances)
    positions = awaited(requests.positions)
    ledger = awaited_pages(requests.ledger, _split_ledger)
    fees = awaited(requests.fees)
    credit = awaited(requests.credit)
    debit = awaited(requests.debit)
    set_fees = awaited(requests.set_fees)
    transfer = awaited(requests.transfer)
    list_transfers = awaited_pages(requests.list_transfers, _split_transfers)

    async def stream_orders(self) -> AsyncGenerator[Update]:
        """Give the account's open orders and balances, then every report, on one connection.

        Ends if the gateway closes it in order. Raises ConnectionClosed if it breaks, and what
        `open_stream` does. An `OrderReader` connects again instead.
        """
        async with await self.open_stream() as connection:
            with suppress(ConnectionClosedOK):
                while True:
                    yield read_update(await connection.receive())

    async def open_stream(self) -> StreamConnection:
        """Open the private stream; each message is that of an `Update`.

        Raises GatewayError if the gateway refuses, and OSError or WebSocketException for a trouble
        that may pass.
        """
        url = make_order_stream_url(self._caller.url)
        headers = self._caller.make_headers("GET", ORDER_STREAM_PATH)
        return await StreamConnection.open(url, self._refuse_stream, headers)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        command = find_command(request) if self._commands else None
        if self._commands is None or command is None:
            return await super()._send(request)
        return await self._commands.carry_out(command)

    def _refuse_stream(self, status: int, problem: Json) -> GatewayError:
        if status:  # an answer without a code: say whose it is
            problem = {"detail": f"{self._caller.url}: {problem['detail']}"}
        return GatewayError(status, problem)


class SyncGatewayClient(SyncClient):
    """The same without asyncio: each method returns its answer. Use as a context.

    Follow orders with a `GatewayClient`: a stream needs asyncio.
    """

    def __init__(
        self,
        url: str,
        *,
        account: str | None = None,
        key: str | None = None,
        secret: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        wait: int | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(_make_caller(url, account, key, secret, wait), timeout, transport)

    submit_order = blocking(requests.submit_order)
    submit_orders = blocking(requests.submit_orders)
    replace_order = blocking(requests.replace_order)
    submit_list = blocking(requests.submit_list)
    cancel_list = blocking(requests.cancel_list)
    cancel_list_by_client_id = blocking(requests.cancel_list_by_client_id)
    read_list = blocking(requests.read_list)
    read_list_by_client_id = blocking(requests.read_list_by_client_id)
    cancel_order = blocking(requests.cancel_order)
    cancel_order_by_client_id = blocking(requests.cancel_order_by_client_id)
    cancel_order_by_number = blocking(requests.cancel_order_by_number)
    cancel_each = blocking(requests.cancel_each)
    cancel_orders = blocking(requests.cancel_orders)
    amend_order = blocking(requests.amend_order)
    amend_order_by_client_id = blocking(requests.amend_order_by_client_id)
    amend_order_by_number = blocking(requests.amend_order_by_number)
    cancel_after = blocking(requests.cancel_after)
    read_order = blocking(requests.read_order)
    read_order_by_client_id = blocking(requests.read_order_by_client_id)
    read_order_by_number = blocking(requests.read_order_by_number)
    list_orders = blocking(requests.list_orders)
    list_fills = blocking(requests.list_fills)
    list_prevented_matches = blocking(requests.list_prevented_matches)
    list_instruments = blocking(requests.list_instruments)
    halt_instrument = blocking(requests.halt_instrument)
    resume_instrument = blocking(requests.resume_instrument)
    set_phase = blocking(requests.set_phase)
    balances = blocking(requests.balances)
    positions = blocking(requests.positions)
    ledger = blocking_pages(requests.ledger, _split_ledger)
    fees = blocking(requests.fees)
    credit = blocking(requests.credit)
    debit = blocking(requests.debit)
    set_fees = blocking(requests.set_fees)
    transfer = blocking(requests.transfer)
    list_transfers = blocking_pages(requests.list_transfers, _split_transfers)


def _make_caller(
    url: str, account: str | None, key: str | None, secret: str | None, wait: int | None
) -> Caller:
    prefer = None if wait is None else f"wait={wait}"
    headers = {ACCOUNT_HEADER: account, KEY_HEADER: key, PREFER_HEADER: prefer}
    return Caller(GATEWAY, url, headers, secret, wait)
