"""The reader of an account's orders, on streams that go wrong. The gateway is a script."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Self, cast

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve

from goquant import (
    AccountFill,
    ExchangeWentBack,
    FillPage,
    GatewayClient,
    GatewayError,
    OrderReader,
    OrderState,
    Position,
    Report,
    Update,
)
from goquant.client import order_reader, shard_reader
from goquant.client.book import Json
from goquant.client.connection import StreamConnection
from protocol.enums import BalanceCause, Liquidity, Reason
from protocol.events import Balance, Fill

HERE, ELSEWHERE = "11" * 8, "22" * 8
Step = Update | Json | Exception


def snapshot(
    sequence: int, *order_ids: str, number: int = 0, exchange: str | None = HERE
) -> Update:
    orders = [OrderState(order_id=order_id, status="open") for order_id in order_ids]
    return Update("snapshot", number, sequence, orders, exchange_id=exchange)


def report(number: int, sequence: int, trade_id: int | None = None, status: str = "open") -> Update:
    trade = trade_id and Fill(trade_id, "10.00", "1.0", Liquidity.MAKER)
    data = Report(sequence, "then", "1", "mine", "alice", None, status, last_trade=trade or None)
    return Update("execution_report", number, data=data)


def heartbeat(number: int, *, in_sync: bool = True) -> Update:
    return Update("heartbeat", number, in_sync=in_sync)


def fill(sequence: int, trade_id: int) -> AccountFill:
    return AccountFill(
        "1", "1", "mine", "alice", "BTC-USDT", "buy", trade_id, "10.00", "1.0", "maker", sequence,
        "then",
    )  # fmt: skip


class ScriptedConnection:
    """Plays `steps`, and ends."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def receive(self, _on_fragment: Callable[[], None] | None = None) -> Json:
        if not self.steps:
            raise ConnectionError("the script has ended")
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        message: Json = msgspec.to_builtins(step)  # of what is JSON already: itself
        return message


class ScriptedGateway:
    """Each connection plays the next of `streams`; `pages` are the archive's answers, in turn."""

    def __init__(self, *streams: list[Step], pages: list[Any] | None = None) -> None:
        self.streams = list(streams)
        self.pages = pages or []

    async def open_stream(self) -> ScriptedConnection:
        if not self.streams:
            raise GatewayError(0, {"code": "forbidden"}, None)
        return ScriptedConnection(self.streams.pop(0))

    async def list_fills(self, **_query: Any) -> FillPage:
        page: Any = self.pages.pop(0)
        if isinstance(page, Exception):
            raise page
        fills, sequence, after = page
        return FillPage(fills, after, sequence)


def read(
    gateway: ScriptedGateway, after: Any = None, error: Reason = Reason.FORBIDDEN
) -> tuple[OrderReader, list[Update]]:
    """Everything until the script's end, which is told as `forbidden`."""
    reader = OrderReader(cast("GatewayClient", gateway), after=after)
    updates: list[Update] = []

    async def run() -> None:
        async for update in reader:
            updates.append(update)

    with pytest.raises(GatewayError) as caught:
        asyncio.run(run())
    assert caught.value.code is error
    return reader, updates


def list_trades(updates: list[Update]) -> list[int]:
    return [update.fill.trade_id for update in updates if update.fill]


def test_orders_are_open_from_their_snapshot_or_report_to_their_end() -> None:
    gateway = ScriptedGateway(
        [snapshot(5, "7"), report(1, 6), report(2, 7, 1, "partially_filled"), heartbeat(2)]
    )
    reader, updates = read(gateway)
    assert set(reader.open_orders) == {"7", "1"}
    assert reader.open_orders["1"].status == "partially_filled"
    assert [update.type for update in updates] == ["snapshot", *["execution_report"] * 2]
    assert not reader.is_live
    gateway = ScriptedGateway([snapshot(5, "1"), report(1, 6, 1, "filled")])
    reader, _ = read(gateway)
    assert reader.open_orders == {}


def balance(asset: str, free: str, locked: str = "0") -> Json:
    return {"asset": asset, "free": free, "locked": locked}


def account_position(number: int, *balances: Json) -> Json:
    data = {
        "type": "account_position", "account": "alice", "sequence": 6, "timestamp": "then",
        "balances": list(balances),
    }  # fmt: skip
    return {"type": "account_position", "number": number, "data": data}


def test_balances_are_those_of_the_snapshot_and_of_what_changed_since() -> None:
    first = msgspec.to_builtins(snapshot(5)) | {
        "balances": [balance("BTC", "1"), balance("USDT", "1000")]
    }
    changed = {
        "type": "balance_changed", "account": "alice", "asset": "USDT", "amount": "-5",
        "cause": "debit", "id": "d-1", "sequence": 6, "timestamp": "then",
    }  # fmt: skip
    told = {"type": "balance_changed", "number": 1, "data": changed}
    gateway = ScriptedGateway([first, told, account_position(2, balance("USDT", "995"))])
    reader, updates = read(gateway)
    assert reader.balances == {
        "BTC": Balance("BTC", "1", "0"), "USDT": Balance("USDT", "995", "0"),
    }  # fmt: skip
    assert [update.type for update in updates] == [
        "snapshot", "balance_changed", "account_position",
    ]  # fmt: skip
    assert updates[1].change
    assert (updates[1].change.cause, updates[1].change.id) == (BalanceCause.DEBIT, "d-1")
    assert updates[2].balances == [Balance("USDT", "995", "0")]
    assert {update.sequence for update in updates[1:]} == {6}


def test_exchange_without_a_ledger_has_no_balances() -> None:
    reader, _ = read(ScriptedGateway([snapshot(5)]))
    assert reader.balances is None
    reader, _ = read(ScriptedGateway([snapshot(5), account_position(1, balance("USDT", "7"))]))
    assert reader.balances == {"USDT": Balance("USDT", "7", "0")}


def test_missed_fills_are_told_once_and_in_order() -> None:
    """The connection broke inside a command that had three fills, and more came after it."""
    gateway = ScriptedGateway(
        [snapshot(5), report(1, 6, 1), report(2, 8, 2)],
        [snapshot(10), report(1, 11, 6)],
        pages=[
            ([fill(11, 6), fill(10, 5)], 12, "next"),
            ([fill(8, 4), fill(8, 3), fill(8, 2), fill(6, 1)], 12, None),
        ],
    )
    reader, updates = read(gateway)
    assert list_trades(updates) == [1, 2, 3, 4, 5, 6]
    assert [update.type for update in updates[3:6]] == ["missed_fill"] * 3
    assert updates[6].type == "snapshot"
    assert reader.counts["missed_fills"] == 3
    assert reader.position == Position(HERE, 11, 1)


def test_reader_goes_on_where_another_one_ended() -> None:
    pages = [([fill(8, 4), fill(8, 3), fill(6, 2)], 9, None)]
    _, updates = read(ScriptedGateway([snapshot(9)], pages=pages), after=[HERE, 8, 1])
    assert list_trades(updates) == [4]


def test_nothing_is_asked_where_nothing_can_have_been_missed() -> None:
    reader, updates = read(ScriptedGateway([snapshot(5), report(1, 6, 1)]))
    assert list_trades(updates) == [1]
    assert reader.position == Position(HERE, 6, 1)


def test_archive_that_is_behind_is_waited_for() -> None:
    pages = [([], 8, None), ([], 8, None), ([fill(9, 1)], 9, None)]
    _, updates = read(ScriptedGateway([snapshot(9)], pages=pages), after=[HERE, 5, 0])
    assert list_trades(updates) == [1]


def test_archive_that_does_not_answer_is_asked_again_on_the_next_connection() -> None:
    trouble = GatewayError(503, {"code": "archive_unavailable"}, None)
    gateway = ScriptedGateway(
        [snapshot(9)], [snapshot(9)], pages=[trouble, ([fill(9, 1)], 9, None)]
    )
    _, updates = read(gateway, after=[HERE, 5, 0])
    assert list_trades(updates) == [1]


def test_message_that_never_came_is_noticed() -> None:
    for second in (report(2, 6, 1), heartbeat(1)):
        gateway = ScriptedGateway(
            [snapshot(5), second], [snapshot(6)], pages=[([fill(6, 1)], 6, None)]
        )
        reader, updates = read(gateway)
        assert list_trades(updates) == [1]
        assert reader.counts["connections"] == 2


def test_gateway_that_is_behind_tells_no_fill_twice() -> None:
    """The first one told of the first fill of 8; the second has only heard of 5, and is left."""
    gateway = ScriptedGateway(
        [snapshot(5), report(1, 7, 1), report(2, 8, 2)],
        [snapshot(5), report(1, 7, 1)],
        [snapshot(8)],
        pages=[([fill(8, 3), fill(8, 2), fill(7, 1)], 8, None)],
    )
    reader, updates = read(gateway)
    assert list_trades(updates) == [1, 2, 3]
    assert reader.position == Position(HERE, 9)


@pytest.mark.parametrize("position", [[HERE, 8, 0], [HERE, 7, 1]])
def test_exchange_that_has_lost_what_it_told_is_said(
    monkeypatch: pytest.MonkeyPatch, position: list[Any]
) -> None:
    """A copy of its data from yesterday: the numbers between would be skipped in silence."""
    monkeypatch.setattr(shard_reader, "BEHIND_SECONDS", 0.02)
    streams: list[list[Step]] = [[snapshot(6)] for _ in range(20)]
    gateway = ScriptedGateway(*streams)
    reader = OrderReader(cast("GatewayClient", gateway), after=position)

    async def run() -> None:
        async for _ in reader:
            raise AssertionError("nothing of it is news")

    with pytest.raises(ExchangeWentBack, match="is at 6, behind"):
        asyncio.run(run())
    assert not reader.is_live


def test_fill_that_was_never_made_is_said() -> None:
    """The gateway has found a forged report, and sends a snapshot in its middle."""
    gateway = ScriptedGateway(
        [snapshot(5), report(1, 6, 1), report(2, 900, 2), snapshot(7, number=3)],
        pages=[([fill(7, 2), fill(6, 1)], 7, None)],
    )
    reader = OrderReader(cast("GatewayClient", gateway))

    async def run() -> None:
        async for _ in reader:
            pass

    with pytest.raises(ExchangeWentBack, match="no record of 1 fills"):
        asyncio.run(run())
    assert not reader.is_live


def test_forged_report_hides_no_fill() -> None:
    """It told of a command that the snapshot is behind; the engine's own had a fill."""
    gateway = ScriptedGateway(
        [snapshot(5), report(1, 6, 1), report(2, 900), snapshot(7, number=3), report(4, 8, 3)],
        pages=[([fill(7, 2), fill(6, 1)], 7, None)],
    )
    reader, updates = read(gateway)
    assert list_trades(updates) == [1, 2, 3]
    assert reader.position == Position(HERE, 8, 1)
    assert reader.counts == {
        "connections": 1, "snapshots": 2, "fills": 3, "missed_fills": 1,
    }  # fmt: skip


def test_reader_can_begin_with_the_first_fill_of_all() -> None:
    pages = [([fill(8, 2), fill(1, 1)], 9, None)]
    _, updates = read(ScriptedGateway([snapshot(9)], pages=pages), after=())
    assert list_trades(updates) == [1, 2]


def test_exchange_that_is_not_known_for_a_moment_is_the_same() -> None:
    gateway = ScriptedGateway(
        [snapshot(5), report(1, 6, 1)],
        [snapshot(6, exchange=None)],
        [snapshot(2, exchange=ELSEWHERE)],
        pages=[([fill(6, 1)], 6, None), ([fill(1, 1)], 2, None)],
    )
    reader, updates = read(gateway)
    assert list_trades(updates) == [1, 1]
    assert reader.position == Position(ELSEWHERE, 3)


def test_reader_is_not_live_before_it_has_what_it_missed() -> None:
    gateway = ScriptedGateway([snapshot(9)], pages=[([fill(9, 1)], 9, None)])
    reader = OrderReader(cast("GatewayClient", gateway), after=[HERE, 5, 0])

    async def run() -> None:
        updates = aiter(reader)
        assert (await anext(updates)).type == "missed_fill"
        assert not reader.is_live
        assert (await anext(updates)).type == "snapshot"
        assert reader.is_live

    asyncio.run(run())


def test_every_fill_of_another_exchange_is_told() -> None:
    gateway = ScriptedGateway(
        [snapshot(5), report(1, 6, 1)],
        [snapshot(3, exchange=ELSEWHERE)],
        pages=[([fill(2, 1)], 3, None)],
    )
    reader, updates = read(gateway)
    assert list_trades(updates) == [1, 1]
    assert reader.position == Position(ELSEWHERE, 4)


def test_snapshot_within_a_connection_has_its_missed_fills_before_it() -> None:
    gateway = ScriptedGateway(
        [snapshot(5), snapshot(9, "3", number=1), report(2, 10, 2)],
        pages=[([fill(7, 1)], 9, None)],
    )
    reader, updates = read(gateway)
    assert list_trades(updates) == [1, 2]
    assert (reader.counts["connections"], reader.counts["snapshots"]) == (1, 2)


def test_reader_says_whether_the_gateway_hears_the_engine() -> None:
    heard: list[bool] = []

    class Watched(ScriptedConnection):
        async def receive(self, on_fragment: Callable[[], None] | None = None) -> Json:
            heard.append(reader.is_live)
            return await super().receive(on_fragment)

    class WatchedGateway(ScriptedGateway):
        async def open_stream(self) -> ScriptedConnection:
            return Watched((await super().open_stream()).steps)

    gateway = WatchedGateway([snapshot(5), heartbeat(0, in_sync=False), heartbeat(0), report(1, 6)])
    reader = OrderReader(cast("GatewayClient", gateway))

    async def run() -> None:
        async for _ in reader:
            pass

    with pytest.raises(GatewayError):
        asyncio.run(run())
    assert heard == [False, True, False, True, True]
    assert not reader.is_live


def test_silent_connection_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_reader, "SILENT_SECONDS", 0.05)

    class Silent(ScriptedConnection):
        async def receive(self, on_fragment: Callable[[], None] | None = None) -> Json:
            if not self.steps:
                await asyncio.Event().wait()
            return await super().receive(on_fragment)

    class SilentGateway(ScriptedGateway):
        async def open_stream(self) -> ScriptedConnection:
            return Silent((await super().open_stream()).steps)

    reader, _ = read(SilentGateway([snapshot(5)], [snapshot(5)]))
    assert reader.counts["connections"] == 2


def test_snapshot_may_take_long_as_long_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_reader, "SILENT_SECONDS", 0.5)
    url = ""

    async def fragment() -> AsyncIterator[bytes]:
        message = msgspec.json.encode(snapshot(5, "7"))
        for first in range(0, len(message), len(message) // 4):
            yield message[first : first + len(message) // 4]
            await asyncio.sleep(0.2)

    async def send(connection: ServerConnection) -> None:
        await connection.send(fragment(), text=True)
        await connection.wait_closed()

    class Fragmenting(ScriptedGateway):
        async def open_stream(self) -> Any:
            return await StreamConnection.open(url, lambda *_: AssertionError())

    async def follow() -> OrderReader:
        nonlocal url
        async with serve(send, "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            reader = OrderReader(cast("GatewayClient", Fragmenting()))
            await asyncio.wait_for(anext(aiter(reader)), 5)
            return reader

    reader = asyncio.run(follow())
    assert set(reader.open_orders) == {"7"}
    assert reader.counts["connections"] == 1


@pytest.mark.parametrize(
    "error",
    [
        GatewayError(0, {"code": "too_many_connections"}, None),
        GatewayError(502, {}, None),
        GatewayError(429, {}, None),
        GatewayError(0, {"code": "timestamp_out_of_window"}, None),
        ConnectionRefusedError(),
        TimeoutError(),
    ],
    ids=repr,
)
def test_what_passes_is_waited_for(error: Exception) -> None:
    reader, _ = read(ScriptedGateway([error], [error], [snapshot(5)]))
    assert reader.counts["connections"] == 1


def test_what_does_not_pass_is_told() -> None:
    unauthorized = GatewayError(0, {"code": "unauthorized"}, None)
    _, updates = read(ScriptedGateway([unauthorized], [snapshot(5)]), error=Reason.UNAUTHORIZED)
    assert updates == []


SHARDS = [1, 2, 3]


def of_shard(shard: int, update: Update) -> Update:
    shards = SHARDS if update.type == "snapshot" else []
    return msgspec.structs.replace(update, shard=shard, shards=shards)


def test_shards_have_positions_of_their_own() -> None:
    gateway = ScriptedGateway(
        [
            of_shard(2, snapshot(50, "20")),
            of_shard(1, snapshot(5, "10", number=1)),
            of_shard(3, snapshot(0, number=2)),
            of_shard(2, report(3, 51, 1)),
            of_shard(1, report(4, 6, 1)),
            of_shard(3, heartbeat(4)),
        ],
        [
            of_shard(1, snapshot(6)),
            of_shard(2, snapshot(52, number=1)),
            of_shard(3, snapshot(4, number=2)),
        ],
        pages=[
            ([fill(6, 1)], 6, None),
            ([fill(52, 2), fill(51, 1)], 52, None),
            ([fill(3, 1)], 4, None),
        ],
    )
    reader, updates = read(gateway)
    assert [(update.shard, update.fill.trade_id) for update in updates if update.fill] == [
        (2, 1), (1, 1), (2, 2), (3, 1),
    ]  # fmt: skip
    assert reader.position == Position(HERE, 7, 0, ((2, 53, 0), (3, 5, 0)))
    assert reader.counts["connections"] == 2
    assert reader.counts["snapshots"] == 6
    assert reader.open_orders == {}


def test_reader_is_live_and_has_a_position_once_each_shard_has_a_snapshot() -> None:
    steps: list[Step] = [
        of_shard(shard, snapshot(5, str(shard), number=shard - 1)) for shard in SHARDS
    ]
    reader = OrderReader(cast("GatewayClient", ScriptedGateway(steps)))

    async def run() -> None:
        updates = aiter(reader)
        for shard in SHARDS:
            assert not reader.is_live
            assert reader.position is None
            assert (await anext(updates)).shard == shard
        assert reader.is_live
        assert set(reader.open_orders) == {"1", "2", "3"}

    asyncio.run(run())
    assert reader.position == Position(HERE, 6, 0, ((2, 6, 0), (3, 6, 0)))


def test_reader_goes_on_where_another_one_ended_on_each_shard() -> None:
    """What a program has written to a file; shard 3 is newer than that."""
    steps: list[Step] = [of_shard(shard, snapshot(9, number=shard - 1)) for shard in SHARDS]
    pages = [
        ([fill(9, 2), fill(8, 1)], 9, None),
        ([fill(9, 4), fill(9, 3)], 9, None),
        ([fill(1, 5)], 9, None),
    ]
    position = json.loads(json.dumps(Position(HERE, 8, 1, ((2, 9, 1),))))
    _, updates = read(ScriptedGateway(steps, pages=pages), after=position)
    assert list_trades(updates) == [2, 4, 5]


def test_balances_of_shards_are_added() -> None:
    first, second, third = (
        msgspec.to_builtins(of_shard(shard, snapshot(5, number=shard - 1))) for shard in SHARDS
    )
    first["balances"] = [balance("USDT", "1000.50", "0.00"), balance("BTC", "1.0", "0.5")]
    second["balances"] = [balance("USDT", "0.75", "1.25")]
    third["balances"] = []
    reader, _ = read(ScriptedGateway([first, second, third]))
    assert reader.balances == {
        "USDT": Balance("USDT", "1001.25", "1.25"), "BTC": Balance("BTC", "1.0", "0.5"),
    }  # fmt: skip
    assert reader.shard_balances[2] == {"USDT": Balance("USDT", "0.75", "1.25")}


def test_another_exchange_begins_anew_on_every_shard() -> None:
    gateway = ScriptedGateway(
        [of_shard(shard, snapshot(50, number=shard - 1)) for shard in SHARDS],
        [of_shard(shard, snapshot(2, number=shard - 1, exchange=ELSEWHERE)) for shard in SHARDS],
        pages=[([fill(1, shard)], 2, None) for shard in SHARDS],
    )
    reader, updates = read(gateway)
    assert list_trades(updates) == SHARDS
    assert reader.position == Position(ELSEWHERE, 3, 0, ((2, 3, 0), (3, 3, 0)))


@pytest.mark.parametrize(
    ("position", "error"),
    [
        (5, "after must be the position of a reader"),
        ([HERE], "after must be the position of a reader"),
        ([HERE, "8", 0], "after must be the position of a reader"),
        ([HERE, 8, 0, [[2, 5]]], "after must be the position of a reader"),
        ([HERE, 8, -1], "after must be the position of a reader"),
        ([HERE, 8, 0, [[2, -5, 0]]], "after must be the position of a reader"),
        ([HERE, 8, 0, [[7, 5, 0]]], "on shard 7, which the exchange has not: it has 1, 2, 3"),
    ],
)
def test_position_that_is_none_is_said(position: Any, error: str) -> None:
    gateway = cast("GatewayClient", ScriptedGateway([of_shard(1, snapshot(9))]))

    async def run() -> None:
        async for _ in OrderReader(gateway, after=position):
            pass

    with pytest.raises(ValueError, match=error):
        asyncio.run(run())


def test_position_on_several_shards_is_none_of_an_exchange_with_one() -> None:
    reader = OrderReader(
        cast("GatewayClient", ScriptedGateway([snapshot(9)])), after=(HERE, 8, 0, ((2, 5, 0),))
    )

    async def run() -> None:
        await anext(aiter(reader))

    with pytest.raises(ValueError, match="on shard 2, which the exchange has not: it has 1"):
        asyncio.run(run())
