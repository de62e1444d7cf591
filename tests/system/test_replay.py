"""Recorded markets in a running exchange, with others' orders in them."""

import os
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from goquant.testing.exchange import Exchange
from launcher.setup.environment import ROOT
from participants.formats.commands import read_commands
from tests.support.instruments import make_instruments
from tests.support.ports import find_free_port
from tests.support.recorded_fills import find_unexplained, quote_inside
from tests.support.waiting import wait_until

HOUR = ROOT.parent / "shared" / "data" / "AAPL_hour.commands.csv.xz"
SOL = make_instruments()[2]

LOBSTER = """34200,1,1,10,1000000,1
34200,1,2,10,1010000,-1
34201,1,3,5,1010000,-1
34202,4,2,4,1010000,-1
34203,2,2,1,1010000,-1
34204,3,3,5,1010000,-1
34205,4,9,5,1010000,-1
"""
BOOK = """exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
x,Y,0,1000000,true,bid,100,1
x,Y,0,1000000,true,ask,101,1
x,Y,0,1000000,true,ask,102,2
x,Y,0,2000000,false,ask,101,3
x,Y,0,4000000,false,ask,101,2
x,Y,0,5000000,false,bid,101.5,2
x,Y,0,6000000,false,bid,101.5,0
x,Y,0,7000000,false,ask,101,2
"""
TRADES = """exchange,symbol,timestamp,local_timestamp,id,side,price,amount
x,Y,0,3000000,1,buy,101,1
x,Y,0,6500000,2,sell,100,0.5
"""


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def read_asks(market: Exchange) -> list[list[str]]:
    asks: list[list[str]] = market.book()["asks"]
    return asks


def test_orders_that_nobody_meets_come_out_as_recorded(market: Exchange, tmp_path: Path) -> None:
    replay = market.replay(write(tmp_path, "x_message.csv", LOBSTER))
    market.play(replay, "5s")
    assert market.clock.now == "2026-01-01T00:00:05.000000Z"
    outcome = replay.compare()
    assert (outcome.trades, outcome.trades_followed) == (1, 1)
    assert (outcome.levels, outcome.levels_followed) == (2, 2)
    assert read_asks(market) == [["101.00", "5.00000"]]
    assert outcome.notices == ["changes of unknown orders: 1 (first: 9)"]


def test_order_before_the_recorded_ones_is_met_and_its_impact_stays(
    market: Exchange, tmp_path: Path
) -> None:
    replay = market.replay(write(tmp_path, "x_message.csv", LOBSTER))
    market.account("bot", USDT="1000", BTC="10")
    replay.play_until(1)
    market.order("bot", "sell", "3", price="100.5")
    replay.play_until(9)
    assert [(fill["price"], fill["quantity"]) for fill in market.fills("bot")] == [
        ("100.50", "3.00000")
    ]
    outcome = replay.compare()
    assert (outcome.with_others, outcome.trades_followed) == (1, 0)
    assert (outcome.levels, outcome.levels_followed) == (2, 1)
    assert read_asks(market) == [["101.00", "8.00000"]]  # three that the record has no more


def test_recorded_order_that_others_have_taken_cannot_be_changed(
    market: Exchange, tmp_path: Path
) -> None:
    replay = market.replay(write(tmp_path, "x_message.csv", LOBSTER))
    market.account("bot", USDT="10000")
    replay.play_until(1)
    market.order("bot", "buy", "15", price="101")
    replay.play_all()
    assert replay.compare().notices == [
        "changes of orders that others had taken: 2 (first: replay-1.0.2)",
        "changes of unknown orders: 1 (first: 9)",
    ]


def test_what_is_taken_of_a_level_is_not_there_again_until_the_level_has_gone(
    market: Exchange, tmp_path: Path
) -> None:
    files = write(tmp_path, "book.csv", BOOK), write(tmp_path, "trades.csv", TRADES)
    replay = market.replay(*files)
    market.account("bot", USDT="1000", BTC="10")
    replay.play_until(0)
    market.order("bot", "buy", "0.5", price="101")
    market.order("bot", "sell", "0.25", price="100.5")
    best = []
    for _ in range(6):
        replay.step()
        best.append(read_asks(market)[0])
    assert best == [
        ["100.50", "0.25000"],  # the bot's, before a recorded trade takes it
        ["101.00", "2.50000"],  # 3, less half a one that the bot took
        ["101.00", "1.50000"],
        ["102.00", "2.00000"],  # crossed by a bid
        ["102.00", "2.00000"],
        ["101.00", "2.00000"],  # a new level
    ]
    outcome = replay.compare()
    assert (outcome.trades, outcome.trades_followed) == (2, 2)
    assert (outcome.levels, outcome.levels_followed) == (3, 3)
    assert "levels that cross newer ones: 1" in outcome.notices


def test_order_keeps_its_place_behind_a_level_that_grows_and_shrinks(
    market: Exchange, tmp_path: Path
) -> None:
    """Two are before it and one behind, which goes again; then two are sold, and two more."""
    lines = ["100,2", "100,3", "100,2"]
    head = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
    rows = [f"x,Y,0,{at}000000,false,bid,{line}\n" for at, line in enumerate(lines)]
    trades = TRADES.splitlines()[0] + "\nx,Y,0,3000000,1,sell,100,2\nx,Y,0,4000000,2,sell,100,1\n"
    replay = market.replay(
        write(tmp_path, "book.csv", head + "".join(rows)), write(tmp_path, "trades.csv", trades)
    )
    market.account("bot", USDT="1000")
    replay.play_until(0)
    market.order("bot", "buy", "1", price="100")
    replay.play_until(3)
    assert market.fills("bot") == []
    replay.play_until(4)
    assert [fill["quantity"] for fill in market.fills("bot")] == ["1.00000"]


@pytest.mark.parametrize("name", ["orders", "levels"])
def test_jump_has_the_book_of_its_time_either_way(
    market: Exchange, tmp_path: Path, name: str
) -> None:
    text = {"orders": LOBSTER, "levels": BOOK}[name]
    replay = market.replay(write(tmp_path, "x.csv", text))
    books = []
    for second in range(6):
        replay.play_until(second)
        books.append([market.book()[side] for side in ("bids", "asks")])
    for second in (4, 1, 5, 0):
        replay.seek(second)
        assert [market.book()[side] for side in ("bids", "asks")] == books[second]
    replay.play_all()
    outcome = replay.compare()
    assert (outcome.levels, outcome.trades) == (outcome.levels_followed, outcome.trades_followed)


def test_replay_is_run_and_controlled_by_rest(market: Exchange, tmp_path: Path) -> None:
    file = write(tmp_path, "x_message.csv", LOBSTER)
    port = find_free_port()
    arguments = [
        "replay", str(file), "--gateway", market.gateway_url, "--paused",
        "--control-port", str(port),
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "participants", *arguments], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/"

    def read_state() -> Any:
        try:
            return httpx.get(url).json()
        except httpx.ConnectError:
            return {}

    wait_until(lambda: read_state().get("paused"), "it waits")
    assert httpx.post(url, json={"step": 2}).status_code == 202
    wait_until(lambda: read_state()["records"] == 3, "two moments are played")
    assert read_asks(market) == [["101.00", "15.00000"]]
    httpx.post(url, json={"seek": "0s"})
    wait_until(lambda: read_state()["records"] == 2, "it has gone back")
    refused = httpx.post(url, json={"seek": "soon"})
    assert (refused.status_code, "seek must be a duration" in refused.text) == (422, True)
    assert httpx.post(url, content=b"{}").status_code == 415
    assert httpx.get(url, headers={"Host": "evil.example"}).status_code == 403
    httpx.post(url, json={"paused": False})
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "trades as recorded: 1 of 1 (100 %)" in output
    assert "levels of the book as recorded: 2 of 2 (100 %)" in output


def test_file_of_no_format_is_named(market: Exchange, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the format of .*x\.csv is not known"):
        market.replay(write(tmp_path, "x.csv", "hello"))


def test_same_record_makes_the_same_exchange(market: Exchange, tmp_path: Path) -> None:
    file = write(tmp_path, "x_message.csv", LOBSTER)
    seen = []
    for _ in range(2):
        market.reset()
        market.play(market.replay(file), "6s")
        seen.append([market.orders("recorded"), market.fills("recorded")])
    for rows in seen[0] + seen[1]:
        for row in rows:
            del row["order_id"]  # follows from the exchange's secret
    assert seen[0] == seen[1]


@pytest.mark.skipif(not HOUR.exists(), reason="the recorded hour is not at hand")
def test_fills_of_a_bot_in_the_recorded_hour_follow_from_the_record(market: Exchange) -> None:
    """The first minutes of it; `python -m benchmark.bench hour` plays all."""
    commands = list(islice(read_commands(HOUR), 1500))
    replay = market.replay(HOUR, symbol="SOL-USDT", step="4s")
    market.account("bot", USDT="1000000", SOL="1000")
    for _ in range(15):
        replay.step()
        quote_inside(market, "bot", "SOL-USDT")
    outcome = replay.compare()
    recorded, fills = market.fills("recorded"), market.fills("bot")
    assert len(fills) > 5
    assert list(find_unexplained(fills, recorded, commands, SOL)) == []
    assert outcome.with_others == len(fills)
    assert outcome.levels is not None
    assert outcome.levels_followed < outcome.levels
