"""PROTOCOL.md says what the code does: every heading, field, reason, name and route of it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.routing import Route, WebSocketRoute

from market_data.app import create_app as create_feed_app
from market_data.fanout import messages
from market_data.fanout.streams import CHANNELS
from market_data.following.engine_redis import EngineRedis
from market_data.market.candles import Candle
from market_data.market.prices import Prices
from market_data.service import Service
from market_data.web import answer_schemas as feed_schemas
from market_data.web.trading_page import PageSettings
from order_gateway.app import create_app
from order_gateway.document import (
    answer_schemas,
    balance_schemas,
    history_schemas,
    money_schemas,
    operation_schemas,
)
from order_gateway.reading import request_schemas
from protocol import PROTOCOL_VERSION, channels, events, snapshot
from protocol.commands import QueueEntry
from protocol.described_body import Problem
from protocol.enums import (
    CommandType,
    LedgerCause,
    Liquidity,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
    Status,
)
from protocol.http_status import STATUSES, STATUSES_IN_A_PATH
from protocol.journal import JournalEntry
from protocol.reasons import MEANINGS
from protocol.settings import Settings
from protocol.shards import FIRST
from tests.support.gateway import INSTRUMENTS
from tests.support.protocol_document import Section, Table, read_sections, slugify

TEXT = Path("protocol/PROTOCOL.md").read_text()
SECTIONS = read_sections(TEXT)
LONGEST_CELL = 300
REASON_ROW = re.compile(r"`(\w+)`(, in the path)?")
LINK = re.compile(r"\]\(#([^)]+)\)")
GATEWAY = create_app(Settings(), INSTRUMENTS)
FEED = create_feed_app(
    Service(EngineRedis("redis://127.0.0.1:1/0"), INSTRUMENTS),
    PageSettings(gateway_url=None, gateway_port=8000),
)
OTHERWISE_AS = re.compile(r"[Oo]therwise as `([^`]+)`")


def find_section(title: str) -> Section:
    [section] = [section for section in SECTIONS if section.title == title]
    return section


def test_no_cell_is_longer_than_a_reader_takes_in() -> None:
    cells = [cell for section in SECTIONS for table in section.tables for cell in table.cells]
    assert [cell for cell in cells if len(cell) > LONGEST_CELL] == []


def test_every_link_leads_to_a_heading() -> None:
    assert set(LINK.findall(TEXT)) <= {slugify(section.title) for section in SECTIONS}


def test_every_file_that_is_named_is_there() -> None:
    files = re.findall(r"`(\w+/[\w/]+\.\w+)`", TEXT)
    assert "engine/storage/commit.lua" in files
    assert [file for file in files if not Path(file).exists()] == []


@pytest.mark.parametrize("file", ["README.md", *map(str, sorted(Path().glob("*/README.md")))])
def test_every_link_from_elsewhere_leads_to_a_heading(file: str) -> None:
    anchors = re.findall(r"PROTOCOL\.md#([^)]+)\)", Path(file).read_text())
    assert set(anchors) <= {slugify(section.title) for section in SECTIONS}


def test_every_reason_has_the_row_that_the_code_says() -> None:
    [table] = find_section("8. Reasons").tables
    rows = {}
    for code, status, meaning in table.rows:
        found = REASON_ROW.fullmatch(code)
        assert found
        rows[found[1], found[2] is not None] = (status, meaning)
    expected = {(reason.value, False): (status_of(reason), MEANINGS[reason]) for reason in Reason}
    for reason, in_path in STATUSES_IN_A_PATH.items():
        expected[reason.value, True] = (str(int(in_path)), MEANINGS[reason])
    assert rows == expected


def status_of(reason: Reason) -> str:
    return str(int(STATUSES[reason])) if reason in STATUSES else "–"  # noqa: RUF001


def test_version_is_that_of_the_code() -> None:
    assert SECTIONS[0].title == f"The protocol, version {PROTOCOL_VERSION}"
    newest = find_section("10. History").tables[0].rows[0][0]
    assert newest.startswith(f"{PROTOCOL_VERSION}.")


def list_routes(routes: Iterable[Any]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, WebSocketRoute):
            yield f"WebSocket {route.path}"
        elif isinstance(route, Route):
            yield from (f"{method} {route.path}" for method in (route.methods or set()) - {"HEAD"})
        else:
            yield from list_routes(route.original_router.routes)


def list_headings(*chapters: int) -> list[str]:
    return [
        section.title.replace("`", "")
        for section in SECTIONS
        if section.chapter in chapters and section.title.startswith("`")
    ]


def test_every_route_of_the_gateway_has_its_heading() -> None:
    routes = list_routes(GATEWAY.routes)
    assert sorted(list_headings(3, 4)) == sorted(routes)


def test_every_route_of_the_feed_has_its_heading() -> None:
    assert sorted(list_headings(5, 6)) == sorted(list_routes(FEED.routes))


def test_every_command_has_its_heading() -> None:
    headings = [title for title in titles() if title.startswith("Command ")]
    assert sorted(headings) == sorted(f"Command `{command}`" for command in CommandType)


def titles() -> list[str]:
    return [section.title for section in SECTIONS]


def test_every_channel_has_its_heading() -> None:
    headings = {title for title in titles() if title.startswith("Channel `")}
    own = [channels.CLOCK_MOVES, channels.RESETS, channels.reply_channel("<worker>")]
    names = [*channels.EVENT_CHANNELS, *own]
    assert headings == {f"Channel `{name}`" for name in names}


def test_every_key_has_its_row() -> None:
    names = find_section("Keys").tables[0].names
    assert names == {
        channels.ORDER_QUEUE,
        channels.JOURNAL,
        channels.STATE,
        channels.LEASE,
        channels.DEAD,
        channels.STANDBYS,
        channels.snapshot_key(0).replace("0", "<sequence>"),
        channels.binance_key("<name>"),
        channels.unfinished_snapshot_key(0, "<writer>").replace("0", "<sequence>"),
        re.sub(r"[^:]+$", "<digest>", channels.claim_key("", "")),
        re.sub(r"[^:]+$", "<digest>", FIRST.transfer_id_key("", "")),
    }


def test_every_field_of_the_state_has_its_row() -> None:
    fields = {value for name, value in vars(channels).items() if name.startswith("STATE_")}
    fields.add(channels.last_sequence_field("<channel>"))
    assert find_section("State").tables[0].names == fields


def test_every_channel_of_the_feed_has_its_row() -> None:
    assert find_section("Channels").tables[0].names == set(CHANNELS)


def test_every_word_is_there() -> None:
    assert find_section("Order types").tables[0].names == set(OrderType)
    assert find_section("Order statuses").tables[0].names == set(Status)
    words = find_section("Other words").text
    for word in (*Side, *Liquidity, *SelfTradePrevention):
        assert f"`{word}`" in words


STRUCTS: dict[str, type[msgspec.Struct]] = {
    "Queue entry": QueueEntry,
    "Fill": events.Fill,
    "Snapshot": snapshot.Snapshot,
    "Dead entry": events.DeadEntry,
    "Channel message": events.ChannelMessage,
    "Channel `order_replies:<worker>`": events.Reply,
    "Event `trade`": events.Trade,
    "Event `l2_delta`": events.L2Delta,
    "Event `bbo`": events.Bbo,
    "Event `execution_report`": events.ExecutionReport,
    "Event `command_rejected`": events.CommandRejected,
    "Feed message `connected`": messages.Connected,
    "Feed message `ack`": messages.Ack,
    "Feed message `error`": messages.Error,
    "Feed message `pong`": messages.Pong,
    "Feed message `book_snapshot`": messages.BookSnapshot,
    "Feed message `book_delta`": messages.BookDelta,
    "Feed message `heartbeat`": messages.Heartbeat,
    "Feed message `trades_missing`": messages.TradesMissing,
    "`GET /v1/page-settings`": PageSettings,
}


@pytest.mark.parametrize("title", STRUCTS)
def test_every_field_of_a_message_has_its_row(title: str) -> None:
    struct = STRUCTS[title]
    tag = {"type"} if struct.__struct_config__.tag else set()
    assert find_section(title).tables[0].names == tag | set(struct.__struct_fields__)


def test_every_message_of_the_feed_has_its_heading() -> None:
    tags = {
        struct.__struct_config__.tag
        for struct in vars(messages).values()
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct)
    }
    wrapped = {"trade", "bbo", "l2_update", "ticker", "candle"}
    headings = {title for title in titles() if title.startswith("Feed message")}
    assert headings == {f"Feed message `{tag}`" for tag in wrapped | tags if tag}


def test_every_field_of_a_price_message_has_its_row() -> None:
    prices = Prices(INSTRUMENTS["BTC-USDT"])
    candle = prices.describe_candle(Candle.flat(0, 1)).keys() | {"symbol", "interval", "is_closed"}
    for kind, fields in (("ticker", prices.describe_ticker(0).keys()), ("candle", candle)):
        names = find_section(f"Feed message `{kind}`").tables[0].names
        assert names == {"type"} | {f"data.{field}" for field in fields}


def test_every_field_of_the_journal_has_its_row() -> None:
    entry = JournalEntry(0, 1, 0, b"[]", b"", dict.fromkeys(channels.EVENT_CHANNELS, b"{}"), 0)
    fields = {name.decode() for name in entry.to_fields()[::2]}
    assert find_section("Journal entry").tables[0].names == fields


MODELS: list[tuple[str, str, type[BaseModel]]] = [
    ("Problem document", "field", Problem),
    ("Unknown outcome", "field", answer_schemas.OutcomeUnknown),
    ("Accepted change", "field", answer_schemas.ChangeAccepted),
    ("`POST /v1/orders`", "body", request_schemas.OrderRequest),
    ("`POST /v1/orders`", "answer to `ack`", answer_schemas.OrderAccepted),
    ("`POST /v1/orders`", "answer to `result` and `full`", answer_schemas.OrderFullResult),
    ("`POST /v1/orders/batch`", "body", request_schemas.BatchRequest),
    ("`PATCH /v1/orders/{order_id}`", "body", request_schemas.AmendRequest),
    ("`POST /v1/orders/replace`", "body", request_schemas.ReplaceRequest),
    ("`POST /v1/orders/replace`", "answer", answer_schemas.ReplaceResult),
    ("`POST /v1/orders/cancel-batch`", "body", request_schemas.CancelBatchRequest),
    ("`POST /v1/orders/cancel-batch`", "answer", answer_schemas.BatchResults),
    ("`DELETE /v1/orders`", "answer", answer_schemas.CancelAllResult),
    ("`POST /v1/cancel-after`", "body", request_schemas.CancelAfterRequest),
    ("`POST /v1/cancel-after`", "answer", answer_schemas.CancelAfterResult),
    ("`POST /v1/instruments/{symbol}/halt`", "answer", operation_schemas.InstrumentSwitched),
    ("`POST /v1/instruments/{symbol}/phase`", "body", request_schemas.PhaseRequest),
    ("`POST /v1/admin/credit`", "body", request_schemas.TransferRequest),
    ("`POST /v1/admin/credit`", "answer", money_schemas.TransferResult),
    ("`POST /v1/admin/clock`", "body", request_schemas.AdvanceRequest),
    ("`POST /v1/admin/clock`", "answer", operation_schemas.ExchangeClock),
    ("`POST /v1/admin/steps`", "body", request_schemas.StepsRequest),
    ("`POST /v1/admin/steps`", "step", request_schemas.StepRequest),
    ("`POST /v1/admin/steps`", "answer", operation_schemas.StepsTaken),
    ("`GET /v1/clock`", "answer", operation_schemas.ExchangeProgress),
    ("`POST /v1/admin/reset`", "answer", operation_schemas.ExchangeReset),
    ("`GET /v1/admin/market`", "answer", operation_schemas.MarketState),
    ("`POST /v1/admin/market`", "body", request_schemas.MarketRequest),
    ("`POST /v1/admin/market`", "answer", operation_schemas.MarketState),
    ("`DELETE /v1/admin/market`", "answer", operation_schemas.MarketState),
    ("`POST /v1/admin/fees`", "body", request_schemas.FeesRequest),
    ("`POST /v1/admin/fees`", "answer", money_schemas.FeesSet),
    ("`GET /v1/orders/{order_id}`", "answer", history_schemas.OrderItem),
    ("`GET /v1/orders`", "answer", history_schemas.OrderList),
    ("`GET /v1/fills`", "answer", history_schemas.FillList),
    ("`GET /v1/fills`", "item", history_schemas.AccountFill),
    ("`GET /v1/prevented-matches`", "answer", history_schemas.PreventedMatchList),
    ("`GET /v1/prevented-matches`", "item", history_schemas.PreventedMatchItem),
    ("`GET /v1/balances`", "answer", balance_schemas.BalanceList),
    ("`GET /v1/balances`", "item", balance_schemas.BalanceItem),
    ("`GET /v1/positions`", "answer", balance_schemas.PositionList),
    ("`GET /v1/positions`", "item", balance_schemas.PositionItem),
    ("`GET /v1/ledger`", "answer", balance_schemas.LedgerList),
    ("`GET /v1/ledger`", "item", balance_schemas.LedgerEntry),
    ("`GET /v1/fees`", "answer", balance_schemas.FeesList),
    ("`GET /v1/fees`", "item", balance_schemas.FeesItem),
    ("`GET /v1/instruments`", "answer", operation_schemas.InstrumentList),
    ("`GET /v1/instruments/{symbol}`", "answer", operation_schemas.InstrumentItem),
    ("`GET /livez`", "answer", operation_schemas.Liveness),
    ("`GET /v1/orderbook/{symbol}`", "answer", feed_schemas.OrderBook),
    ("`GET /v1/trades/{symbol}`", "answer", feed_schemas.TradeList),
    ("`GET /v1/candles/{symbol}`", "answer", feed_schemas.CandleList),
    ("`GET /stats`", "answer", feed_schemas.Stats),
]


@pytest.mark.parametrize(("title", "head", "model"), MODELS)
def test_every_field_of_a_body_has_its_row(title: str, head: str, model: type[BaseModel]) -> None:
    table = find_section(title).find_table(head)
    assert table is not None
    assert table.names == set(model.model_fields)


def find_answers(title: str) -> list[Table | None]:
    """Those of a route that both services have, the gateway's first."""
    return [section.find_table("answer") for section in SECTIONS if section.title == title]


def test_every_field_of_readiness_has_its_row() -> None:
    models: list[type[BaseModel]] = [operation_schemas.Readiness, feed_schemas.Readiness]
    for table, model in zip(find_answers("`GET /readyz`"), models, strict=True):
        assert table is not None
        assert table.names == set(model.model_fields)


def test_every_field_of_health_has_its_row() -> None:
    gateway, feed = find_answers("`GET /health`")
    assert gateway is not None
    assert feed is not None
    assert gateway.names == set(operation_schemas.Health.model_fields)
    service = Service(EngineRedis("redis://127.0.0.1:1/0"), INSTRUMENTS)
    told = {*service.describe_health(), "shards"}
    assert feed.names == told == set(feed_schemas.Health.model_fields)
    stats = find_section("`GET /stats`").find_table("answer")
    assert stats is not None
    assert stats.names == set(service.describe_stats())


def test_every_cause_of_a_change_of_a_balance_has_its_row() -> None:
    table = find_section("`GET /v1/ledger`").find_table("`cause`")
    assert table is not None
    assert table.names == set(LedgerCause)


def list_operations(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in app.openapi()["paths"].items():
        for method, operation in item.items():
            yield f"`{method.upper()} {path}`", operation


def find_route_table(chapter: int, title: str, head: str) -> Table | None:
    """That of the route, or of the one that it is otherwise like."""
    [section] = [each for each in SECTIONS if (each.chapter, each.title) == (chapter, title)]
    table = section.find_table(head)
    other = OTHERWISE_AS.search(section.text)
    if table is None and other:
        return find_route_table(chapter, f"`{other[1]}`", head)
    return table


@pytest.mark.parametrize(("chapter", "app"), [(3, GATEWAY), (5, FEED)], ids=["gateway", "feed"])
def test_every_query_parameter_has_its_row(chapter: int, app: FastAPI) -> None:
    for title, operation in list_operations(app):
        parameters = operation.get("parameters", [])
        names = {each["name"] for each in parameters if each["in"] == "query"}
        table = find_route_table(chapter, title, "query")
        assert (table.names if table else set()) == names, title


def test_every_status_of_a_route_is_in_its_openapi_document() -> None:
    for title, operation in list_operations(GATEWAY):
        table = find_route_table(3, title, "status")
        listed = {row[0] for row in table.rows} if table else set()
        assert listed <= set(operation["responses"]), title
