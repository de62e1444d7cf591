"""What a private stream is sent of each shard: a snapshot, then reports and heartbeats."""

import asyncio
from collections.abc import Mapping
from itertools import chain

from order_gateway.account.history import History
from order_gateway.account.open_orders import OpenOrders, OpenOrdersReader
from order_gateway.account.report_feed import REPORTS_A_TURN, ReportFeed
from order_gateway.account.report_journal import JournalTrimmed
from order_gateway.account.report_listener import Listener, Told, tell
from order_gateway.account.stream_connection import StreamConnection, too_slow
from order_gateway.errors import archive_unavailable
from protocol.codec import encode

HEARTBEAT_SECONDS = 5.0


class Sender:
    """What the parts of one stream share: they send in turn; `number` is the next message's."""

    def __init__(self, connection: StreamConnection) -> None:
        self.connection = connection
        self.number = 0
        self.turn = asyncio.Lock()


class StreamPart:
    """One shard's part of every stream.

    `mark` is in all of its messages, `shards` in its snapshots; both are empty if there is no other
    shard.
    """

    def __init__(self, history: History, feeds: Mapping[int, ReportFeed], shard: int) -> None:
        is_alone = len(feeds) == 1
        self.mark = {} if is_alone else {"shard": shard}
        self.shards = {} if is_alone else {"shards": list(feeds)}
        self.feed = feeds[shard]
        self.orders = OpenOrdersReader(history, self.feed, None if is_alone else shard)
        self._first = feeds[1]

    async def report(self, sender: Sender, account: str) -> None:
        """Send what is told to the account, for ever; raise Unavailable, RedisError or OSError."""
        async with self.feed.listen(account, sender.connection.count_unsent) as listener:
            await _Session(sender, self, listener).run()

    async def read_exchange_id(self) -> str | None:
        """Return the exchange's id, which the first shard has."""
        return await self._first.read_exchange_id() if self.mark else self.feed.exchange_id


class _Session:
    """What one listener is sent."""

    def __init__(self, sender: Sender, part: "StreamPart", listener: Listener) -> None:
        self._sender = sender
        self._connection = sender.connection
        self._part = part
        self._mark = b"".join(b',"%b":%d' % (name.encode(), of) for name, of in part.mark.items())
        self._feed = part.feed
        self._listener = listener

    async def run(self) -> None:
        """Send for ever."""
        await self._send_snapshot()
        while True:
            told = await self._listener.take(HEARTBEAT_SECONDS)
            if self._listener.is_lost:
                raise too_slow("too much waited for it, or for all")
            if told is None:
                await self._send_heartbeat()
            elif told.kind is None:
                self._listener.start = told.sequence
                await self._send_snapshot()
            elif told.sequence > self._listener.start:
                await self._send_report(told)

    async def _send_snapshot(self) -> None:
        """The open orders and balances, and the reports between them and the listener's own."""
        orders = await self._part.orders.read(self._listener)
        exchange_id = await self._part.read_exchange_id()
        async with self._sender.turn:
            await self._write_snapshot(orders, exchange_id)
        start, self._listener.start = (
            self._listener.start,
            max(self._listener.start, orders.sequence),
        )
        try:
            async for news in self._feed.read_reports(orders.sequence, start):
                if news.report.account == self._listener.account:
                    await self._send_report(tell(news))
        except JournalTrimmed:
            raise archive_unavailable("the journal begins behind it") from None
        self._listener.start = max(self._listener.start, orders.sequence)

    async def _write_snapshot(self, orders: OpenOrders, exchange_id: str | None) -> None:
        head = {
            "type": "snapshot", "number": self._sender.number, **self._part.mark,
            "sequence": orders.sequence, "account": self._listener.account,
            "exchange_id": exchange_id, **self._part.shards, "balances": orders.balances,
        }  # fmt: skip
        self._sender.number += 1
        begin = encode(head)[:-1] + b',"orders":['
        if len(orders.pages) <= 1:
            await self._connection.write(b"".join((begin, *orders.pages, b"]}")))
        else:
            await self._connection.write_pages(chain([begin], orders.pages, [b"]}"]))

    async def _send_report(self, told: Told) -> None:
        if self._mark:
            async with self._sender.turn:
                await self._write_report(told)
        else:  # nobody else sends, and a turn costs thousands of instructions
            await self._write_report(told)
        if not self._sender.number % REPORTS_A_TURN:
            await asyncio.sleep(0)

    async def _write_report(self, told: Told) -> None:
        await self._connection.write(
            b'{"type":"%b","number":%d%b,"data":%b}'
            % ((told.kind or "").encode(), self._sender.number, self._mark, told.data)
        )
        self._sender.number += 1

    async def _send_heartbeat(self) -> None:
        async with self._sender.turn:
            message = {
                "type": "heartbeat", "number": self._sender.number - 1, **self._part.mark,
                "sequence": self._feed.told_sequence, "in_sync": self._feed.is_live,
            }  # fmt: skip
            await self._connection.write(encode(message))
