"""Recorded order flow through the running system: REST in, WebSocket out."""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from tqdm import tqdm
from websockets.asyncio.client import ClientConnection, connect

from benchmark.shared.http_connection import HttpConnection
from benchmark.shared.market import find_instrument
from participants.formats.commands import FileCommand, FileTrade
from protocol.instrument import Instrument
from protocol.stream_urls import make_feed_url

Levels = dict[int, int]
_DEADLINE_SECONDS = 60.0
_QUIET_SECONDS = 3.0
_POLL_SECONDS = 0.05
_DONE = frozenset({200, 201, 202})


@dataclass
class SystemOutcome:
    """What the feed showed: trades in its order, and the book at the end in ticks and lots."""

    trades: list[FileTrade] = field(default_factory=list)
    bids: Levels = field(default_factory=dict)
    asks: Levels = field(default_factory=dict)
    seconds: float = 0.0


class FeedRecorder:
    """Records the public trades and the exact book of one symbol."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self.trades: list[dict[str, Any]] = []
        self.sides: dict[str, Levels] = {"bids": {}, "asks": {}}
        self.last_update_id = 0

    async def follow(self, feed: ClientConnection) -> None:
        """Record until the connection ends; raises ValueError at a gap."""
        async for text in feed:
            message = msgspec.json.decode(text)
            kind = message["type"]
            if kind == "trade" and message["data"]["symbol"] == self._instrument.symbol:
                self.trades.append(message["data"])
            elif kind == "book_snapshot":
                self.sides = {"bids": {}, "asks": {}}
                self._apply(message)
            elif kind == "book_delta":
                if message["first_update_id"] != self.last_update_id + 1:
                    raise ValueError(f"the feed jumps behind update {self.last_update_id}")
                self._apply(message)

    def _apply(self, message: dict[str, Any]) -> None:
        self.last_update_id = message["last_update_id"]
        for name, levels in self.sides.items():
            for price, quantity in message[name]:
                ticks = self._instrument.price_to_ticks(price)
                lots = self._instrument.lot.to_steps(quantity)[0]
                if lots:
                    levels[ticks] = lots
                else:
                    levels.pop(ticks, None)


class OrderSender:
    """Sends recorded commands as requests, one after the other; their ids are the file's."""

    def __init__(self, connection: HttpConnection, instrument: Instrument) -> None:
        self._connection = connection
        self._instrument = instrument
        self._ids: dict[str, str] = {}
        self.names: dict[str, str] = {}

    async def send(self, command: FileCommand) -> None:
        """Post, amend or cancel; raises RuntimeError if the system refuses.

        A change of an order from before the recording is left out.
        """
        if command.kind in ("N", "I"):
            answer = await self._connection.request("POST", "/v1/orders", self._encode(command))
            if answer.status in _DONE:
                order_id = json.loads(answer.body)["order_id"]
                self._ids[command.order_id] = order_id
                self.names[order_id] = command.order_id
        elif command.order_id not in self._ids:
            return
        else:
            path = f"/v1/orders/{self._ids[command.order_id]}?response=ack"
            method, body = ("DELETE", b"")
            if command.kind == "A":
                total = self._instrument.lots_to_quantity(command.quantity)
                method, body = ("PATCH", json.dumps({"quantity": total}).encode())
            answer = await self._connection.request(method, path, body)
        if answer.status not in _DONE:
            raise RuntimeError(f"{command.kind} {command.order_id}: {answer}")

    def _encode(self, command: FileCommand) -> bytes:
        order = {
            "symbol": self._instrument.symbol,
            "side": "buy" if command.is_buy else "sell",
            "order_type": "ioc" if command.kind == "I" else "limit",
            "price": self._instrument.ticks_to_price(command.price),
            "quantity": self._instrument.lots_to_quantity(command.quantity),
        }
        return json.dumps(order).encode()


async def replay_through_system(
    commands: list[FileCommand], gateway: str, market_data: str, instrument: Instrument
) -> SystemOutcome:
    """Send `commands`, in ticks and lots of `instrument`, and record the feed."""
    recorder = FeedRecorder(instrument)
    address = urlsplit(gateway)
    connection = await HttpConnection.open(
        address.hostname or "127.0.0.1", address.port or 80,
        {"X-Account": f"replay-{secrets.token_hex(4)}"},
    )  # fmt: skip
    sender = OrderSender(connection, instrument)
    async with connect(make_feed_url(market_data), max_size=None) as feed:
        request = {"action": "subscribe", "channels": ["book"], "symbols": [instrument.symbol]}
        await feed.send(json.dumps(request))
        following = asyncio.create_task(recorder.follow(feed))
        started = time.perf_counter()
        for command in tqdm(commands, unit=" commands", mininterval=0.5):
            await sender.send(command)
        seconds = time.perf_counter() - started
        await _wait_until_quiet(gateway, recorder, following)
        following.cancel()
        connection.close()
    trades = [_to_file_trade(trade, sender.names, instrument) for trade in recorder.trades]
    return SystemOutcome(trades, recorder.sides["bids"], recorder.sides["asks"], seconds)


def find_empty_book(gateway: str, market_data: str, symbol: str) -> Instrument:
    """Return the instrument; raises LookupError if there is none, or its book is not empty."""
    instrument = find_instrument(gateway, symbol)
    book = httpx.get(f"{market_data}/v1/orderbook/{symbol}").raise_for_status().json()
    if book["bids"] or book["asks"]:
        raise LookupError(
            f"the book of {symbol} is not empty: choose another --symbol, or start a system with a"
            " DATA_DIR of its own"
        )
    return instrument


async def _wait_until_quiet(
    gateway: str, recorder: FeedRecorder, following: "asyncio.Task[None]"
) -> None:
    """Wait until the queue is empty and the feed has sent nothing more for a while."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    seen, since = (-1, -1), time.monotonic()
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline and not following.done():
            pending = (await client.get(f"{gateway}/health")).json()["queue_length"]
            now = (recorder.last_update_id, len(recorder.trades))
            if pending or now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > _QUIET_SECONDS:
                return
            await asyncio.sleep(_POLL_SECONDS)
    if following.done():
        following.result()


def _to_file_trade(
    trade: dict[str, Any], names: dict[str, str], instrument: Instrument
) -> FileTrade:
    return FileTrade(
        names.get(trade["maker_order_id"], "?"),
        names.get(trade["taker_order_id"], "?"),
        instrument.price_to_ticks(trade["price"]),
        instrument.quantity_to_lots(trade["quantity"]),
    )
