"""A stream that begins while its account trades: whenever the archive is asked, it tells the same.

What was there at the stream's beginning is asked of the archive, which may be as it was then or
have what happened since, while the reports of that wait to be told.
"""

import asyncio
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar, cast

from archive.queries import Archive
from binance_gateway.account.questions import Questions
from binance_gateway.account.report_events import ReportEvents
from binance_gateway.account.user_stream import UserStream
from binance_gateway.words.symbols import Symbols
from engine.exchange.batch import Batch
from order_gateway.account.report_listener import Listener, News, tell
from protocol import channels
from protocol.events import BalanceEvent, PrivateEvent
from tests.support.archive_database import run_database, run_queries, sqlite_url, write_entries
from tests.support.archive_journal import limit, list_entries
from tests.support.exchange import Exchange, decode_events
from tests.unit.market_data.markets import make_instruments

ALICE = {"account": "alice"}
Answered = TypeVar("Answered")
Json = dict[str, Any]


def make_oco(name: str, profit: str, loss: str, quantity: str = "0.2") -> Json:
    shared = {"side": "sell", "quantity": quantity}
    legs = [
        {"order_type": "post_only", "price": profit, "client_order_id": f"{name}-profit"},
        {"order_type": "stop_loss", "stop_price": loss, "client_order_id": f"{name}-loss"},
    ]
    return ALICE | {
        "command": "new_list", "list_type": "oco", "symbol": "BTC-USDT", "client_list_id": name,
        "orders": [shared | leg for leg in legs],
    }  # fmt: skip


OTO = ALICE | {
    "command": "new_list", "list_type": "oto", "symbol": "BTC-USDT",
    "orders": [
        {"side": "buy", "order_type": "limit", "quantity": "0.2", "price": "58000"},
        {"side": "sell", "order_type": "limit", "quantity": "0.2", "price": "69000"},
    ],
}  # fmt: skip
TRAILING = ALICE | {
    "symbol": "BTC-USDT", "side": "sell", "quantity": "0.1", "order_type": "take_profit",
    "activation_price": "60500", "trailing_offset": "100", "trailing_offset_type": "basis_points",
}  # fmt: skip
AMEND = ALICE | {"command": "amend", "only_lower": True}


def trade(exchange: Exchange, price: str, quantity: str = "0.01") -> None:
    exchange.send(
        limit("sell", quantity, price, account="bob"),
        limit("buy", quantity, price, account="carol", order_type="ioc"),
    )


def run_everything() -> list[Batch]:
    """Return the commits of an account that does everything whose events ask for the past."""
    exchange = Exchange()
    trade(exchange, "60000")
    exchange.send(limit("buy", "0.3", "59000", "plain", account="alice"))
    exchange.send(make_oco("first", "61000", "58500"))
    exchange.send(OTO)
    exchange.send(TRAILING)
    exchange.send(limit("sell", "0.1", "59000", account="bob"))
    exchange.send(AMEND | {"client_order_id": "plain", "quantity": "0.25",
                           "new_client_order_id": "less"})  # fmt: skip
    trade(exchange, "60600")
    own = limit("sell", "0.05", "59000", "own", account="alice")
    exchange.send(own | {"self_trade_prevention": "decrement"})
    trade(exchange, "60700")
    exchange.send(make_oco("second", "62000", "58000"))
    exchange.send(AMEND | {"client_order_id": "second-profit", "quantity": "0.1",
                           "new_client_order_id": "second-less"})  # fmt: skip
    exchange.send({"command": "cancel_list", "client_list_id": "second"} | ALICE)
    exchange.send(limit("buy", "0.3", "60000", "bid", account="bob"))
    trade(exchange, "60000")
    exchange.send(limit("buy", "0.2", "61000", account="bob", order_type="ioc"))
    exchange.send({"command": "cancel_all"} | {"account": "bob"})
    exchange.send(limit("sell", "1", "58000", account="bob"))
    exchange.send({"command": "cancel_all"} | ALICE)
    return exchange.batches


class HistoryOf:
    """Answers from an archive as it is, without waiting for it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    async def ask(self, question: Callable[[Archive], Answered], _least: object = None) -> Answered:
        """Return the archive's answer."""
        return question(self._archive)


def tell_from(start: int, batches: list[Batch], archive: Archive) -> list[Json]:
    """Return the events of alice's stream, which begins after the sequence `start`."""
    listener = Listener("alice", lambda: 0, start)
    reports = [
        News(batch.sequence, event)
        for batch in batches
        if batch.sequence > start
        for event in decode_events(batch, channels.EXECUTION_REPORTS)
        if isinstance(event, PrivateEvent | BalanceEvent) and event.account == "alice"
    ]
    for news in reports:
        listener.put(tell(news))
    events = ReportEvents(Symbols(make_instruments()), lambda: 0)
    stream = UserStream(listener, Questions(cast("Any", HistoryOf(archive))), events)

    async def read() -> list[Json]:
        await stream.recall()
        told: list[Json] = []
        while listener.held_bytes:
            told += [event(1) for event in await stream.take()]
        return told

    return asyncio.run(read())


def test_events_are_the_same_whenever_the_archive_is_asked(tmp_path: Path) -> None:
    batches, url = run_everything(), sqlite_url(tmp_path)
    told: dict[int, list[Json]] = {}
    with run_database(url) as database, run_queries(url) as archive:
        for count, entry in enumerate(list_entries(batches), 1):
            write_entries(database, [entry])
            for start in (batch.sequence for batch in batches[:count]):
                found = tell_from(start, batches, archive)
                pairs = zip_longest(found, told.setdefault(start, found))
                differing = next(((now, then) for now, then in pairs if now != then), None)
                assert differing is None, (start, entry.sequence)
    assert {each["e"] for each in told[batches[0].sequence]} >= {"executionReport", "listStatus"}
