"""Recorded markets as others write them, from small files made by hand."""

import gzip
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from participants.formats.opening import open_recording
from participants.formats.records import (
    Cleared,
    Executed,
    Grid,
    LevelSet,
    Matched,
    Notices,
    Placed,
    Record,
    Reduced,
    Removed,
    Resized,
    Traded,
)
from tests.support.instruments import make_instruments

WHOLE = 100_000
"""Lots of 1 BTC; a tick is 0.01."""


class Folder:
    """Writes files, and reads what they record."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notices = Notices()

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def read(self, *files: Path, stock: str | None = None) -> list[tuple[int | None, Record]]:
        grid = Grid(make_instruments()[0], self.notices)
        return [(time, record) for time, record in open_recording(files, grid, stock).read()]

    def read_text(self, content: str, name: str = "file.csv") -> list[tuple[int | None, Record]]:
        return self.read(self.write(name, content))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_own_commands_have_their_trades_and_no_times(folder: Folder) -> None:
    text = "N,a,S,60000.00,0.5\nI,b,B,60000.00,0.2\nT,a,b,60000.00,0.2\nA,a,0.4\nC,a\n"
    assert folder.read_text(text) == [
        (None, Placed("a", False, 6_000_000, 50_000)),
        (None, Placed("b", True, 6_000_000, 20_000, is_ioc=True)),
        (None, Matched("a", "b", 6_000_000, 20_000)),
        (None, Resized("a", 40_000)),
        (None, Removed("a")),
    ]


LOBSTER = """34200.000001,1,7,100,5853300,1
34200.5,2,7,40,5853300,1
34201,4,7,10,5853300,1
34202,5,0,10,5853400,-1
34203,3,7,50,5853300,1
34204,7,0,0,-1,-1
34205,3,8,20,5853200,-1
34206,3,9
"""


def test_lobster_messages_are_orders_one_by_one(folder: Folder) -> None:
    assert folder.read_text(LOBSTER) == [
        (34200_000_001, Placed("7", True, 58_533, 100 * WHOLE)),
        (34200_500_000, Reduced("7", 40 * WHOLE)),
        (34201_000_000, Executed("7", 10 * WHOLE)),
        (34203_000_000, Removed("7")),
        (34205_000_000, Removed("8")),
    ]
    assert folder.notices.counts == {
        "executions of hidden orders": 1, "halts": 1, "lines that cannot be read": 1,
    }  # fmt: skip


def test_lobster_book_has_the_orders_from_before(folder: Folder) -> None:
    """The first row is the book behind the first message."""
    book = folder.write("x_orderbook_2.csv", "5853200,30,5853300,150,5853500,10,-9999999999,0\n")
    records = folder.read(folder.write("x_message_2.csv", LOBSTER), book)
    assert [record for _, record in records][:4] == [
        Placed("early-sell-5853200", False, 58_532, 30 * WHOLE),
        Placed("early-buy-5853300", True, 58_533, 50 * WHOLE),
        Placed("early-sell-5853500", False, 58_535, 10 * WHOLE),
        Placed("7", True, 58_533, 100 * WHOLE),
    ]
    assert records[-1][1] == Reduced("early-sell-5853200", 20 * WHOLE)


def frame(kind: bytes, body: bytes, locate: int = 1, microseconds: int = 5) -> bytes:
    time = (microseconds * 1000).to_bytes(6, "big")
    message = kind + struct.pack(">HH", locate, 0) + time + body
    return struct.pack(">H", len(message)) + message


def add(reference: int, side: bytes, shares: int, price: int) -> bytes:
    return struct.pack(">Qc", reference, side) + struct.pack(">L8sL", shares, b"AAPL    ", price)


def make_itch() -> Iterator[bytes]:
    yield frame(b"S", b"O", locate=0)
    yield frame(b"R", b"AAPL    " + bytes(20))
    yield frame(b"R", b"MSFT    " + bytes(20), locate=2)
    yield frame(b"A", add(1, b"B", 100, 1_000_000))
    yield frame(b"A", add(2, b"S", 100, 1_010_000), locate=2)
    yield frame(b"F", add(3, b"S", 50, 1_010_000) + b"NSDQ")
    yield frame(b"E", struct.pack(">QLQ", 1, 30, 9))
    yield frame(b"C", struct.pack(">QLQcL", 3, 10, 10, b"Y", 1_010_000))
    yield frame(b"X", struct.pack(">QL", 1, 20))
    yield frame(b"U", struct.pack(">QQLL", 3, 4, 60, 1_020_000))
    yield frame(b"U", struct.pack(">QQLL", 77, 78, 60, 1_020_000))
    yield frame(b"P", bytes(33))
    yield frame(b"D", struct.pack(">Q", 1), microseconds=6)
    yield frame(b"E", b"short")
    yield struct.pack(">H", 40) + b"cut"


def test_itch_has_the_orders_of_the_stock_that_is_named(folder: Folder) -> None:
    file = folder.write("01302026.NASDAQ_ITCH50", b"".join(make_itch()))
    assert folder.read(file, stock="AAPL") == [
        (5, Placed("1", True, 10_000, 100 * WHOLE)),
        (5, Placed("3", False, 10_100, 50 * WHOLE)),
        (5, Executed("1", 30 * WHOLE)),
        (5, Executed("3", 10 * WHOLE)),
        (5, Reduced("1", 20 * WHOLE)),
        (5, Removed("3")),
        (5, Placed("4", False, 10_200, 60 * WHOLE)),
        (5, Removed("77")),
        (6, Removed("1")),
    ]
    assert folder.notices.counts == {
        "executions of hidden orders": 1, "messages that cannot be read": 2,
    }  # fmt: skip


def test_itch_without_a_stock_names_some(folder: Folder) -> None:
    file = folder.write("x.gz", gzip.compress(b"".join(make_itch())))
    with pytest.raises(ValueError, match="name one with --stock, such as AAPL, MSFT"):
        folder.read(file)


TRADES = """1,100.00,0.5,50,1735689600000000,False,True
2,99.00,0.25,24.75,1735689600000500,True,True
5,101.00,1,101,1735689600001000,False,True
x,y
"""


def test_binance_trades_show_the_prices_that_they_took(folder: Folder) -> None:
    start = 1_735_689_600_000_000
    assert folder.read_text(TRADES) == [
        (start, LevelSet(False, 10_000, 50_000)),
        (start, Traded(True, 10_000, 50_000)),
        (start + 500, LevelSet(True, 9_900, 25_000)),
        (start + 500, Traded(False, 9_900, 25_000)),
        (start + 1000, LevelSet(False, 10_000, 0)),
        (start + 1000, LevelSet(False, 10_100, WHOLE)),
        (start + 1000, Traded(True, 10_100, WHOLE)),
    ]
    assert folder.notices.list() == [
        "gaps between trades: 1 (first: before trade 5)",
        "lines that cannot be read: 1 (first: line 4)",
    ]


def test_binance_price_that_crosses_takes_the_other_side_away(folder: Folder) -> None:
    lines = "1,100,1,100,1,False,True\n2,100,1,100,2,True,True\n"
    assert [record for _, record in folder.read_text(lines)][2:] == [
        LevelSet(False, 10_000, 0), LevelSet(True, 10_000, WHOLE), Traded(False, 10_000, WHOLE),
    ]  # fmt: skip


def test_binance_aggregated_trades_of_a_zip_with_a_header(folder: Folder) -> None:
    head = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
    with zipfile.ZipFile(folder.path / "a.zip", "w") as archive:
        archive.writestr("a.csv", f"{head}\n26129,100,4,27781,27781,1498793709153,true\n")
    time = 1_498_793_709_153_000
    assert folder.read(folder.path / "a.zip") == [
        (time, LevelSet(True, 10_000, 4 * WHOLE)), (time, Traded(False, 10_000, 4 * WHOLE)),
    ]  # fmt: skip
    assert folder.notices.list() == []


def test_binance_klines_are_four_trades_each(folder: Folder) -> None:
    line = "1601510340000,100,104,99,103,8,1601510399999,0,13,0,0,0\n"
    trades = [
        (time, record) for time, record in folder.read_text(line) if isinstance(record, Traded)
    ]
    start = 1_601_510_340_000_000
    assert trades == [
        (start, Traded(True, 10_000, 2 * WHOLE)),
        (start + 19_999_666, Traded(False, 9_900, 2 * WHOLE)),
        (start + 39_999_333, Traded(True, 10_400, 2 * WHOLE)),
        (start + 59_999_000, Traded(False, 10_300, 2 * WHOLE)),
    ]


BOOK = """exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
x,Y,1,10,true,bid,100,1
x,Y,1,10,true,ask,101,1e0
x,Y,2,12,false,bid,100,0
x,Y,3,11,false,bid,99.004,2.000004
x,Y,4,14,true,ask,102,1
x,Y,5,15,false,middle,102,1
"""
BOOK_TRADES = """exchange,symbol,timestamp,local_timestamp,id,side,price,amount
x,Y,1,11,1,sell,100,1
x,Y,1,13,2,unknown,100,1
"""


def test_tardis_book_and_trades_are_one_record(folder: Folder) -> None:
    files = folder.write("b.csv", BOOK), folder.write("t.csv", BOOK_TRADES)
    assert folder.read(*files) == [
        (10, Cleared()),
        (10, LevelSet(True, 10_000, WHOLE)),
        (10, LevelSet(False, 10_100, WHOLE)),
        (11, Traded(False, 10_000, WHOLE)),
        (12, LevelSet(True, 10_000, 0)),
        (12, LevelSet(True, 9_900, 2 * WHOLE)),
        (14, Cleared()),
        (14, LevelSet(False, 10_200, WHOLE)),
    ]
    assert set(folder.notices.counts) == {
        "times that go back", "prices off the tick of 0.01", "quantities off the lot of 0.00001",
        "lines that cannot be read", "trades that cannot be read, or without a side",
    }  # fmt: skip


def test_tardis_trades_alone_have_a_book_of_their_own(folder: Folder) -> None:
    assert folder.read_text(BOOK_TRADES) == [
        (11, LevelSet(True, 10_000, WHOLE)), (11, Traded(False, 10_000, WHOLE)),
    ]  # fmt: skip


def test_coinbase_snapshot_has_its_orders(folder: Folder) -> None:
    book = {"sequence": 3, "bids": [["100.00", "1", "id-1"]], "asks": [["101.00", "2", "id-2"]]}
    assert folder.read_text(json.dumps(book)) == [
        (0, Placed("id-1", True, 10_000, WHOLE)), (0, Placed("id-2", False, 10_100, 2 * WHOLE)),
    ]  # fmt: skip


def test_coinbase_snapshot_of_levels_is_refused(folder: Folder) -> None:
    book = {"bids": [["100.00", "1", 7]], "asks": []}
    with pytest.raises(ValueError, match="no level 3 snapshot"):
        folder.read_text(json.dumps(book))


def test_recording_is_read_as_often_as_it_is_asked_for(folder: Folder) -> None:
    grid = Grid(make_instruments()[0], folder.notices)
    recording = open_recording([folder.write("x.csv", TRADES)], grid)
    first = list(recording.read())
    assert list(recording.read()) == first
    assert folder.notices.counts["gaps between trades"] == 1


def test_unknown_format_names_those_that_there_are(folder: Folder) -> None:
    with pytest.raises(ValueError, match="is not known: there are our own commands, LOBSTER"):
        folder.read_text("hello\n")


def test_orders_and_levels_are_no_record_together(folder: Folder) -> None:
    with pytest.raises(ValueError, match="no record together: lobster, binance"):
        folder.read(folder.write("a.csv", LOBSTER), folder.write("b.csv", TRADES))


def test_damaged_file_is_named(folder: Folder) -> None:
    with pytest.raises(ValueError, match=r"x\.gz cannot be read|Not a gzipped file"):
        folder.read(folder.write("x.gz", gzip.compress(TRADES.encode())[:20]))
