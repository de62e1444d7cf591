"""Recorded order flow: a few lines of it, and the real hour where it is at hand."""

import sys
from pathlib import Path

import pytest

from benchmark.replay.__main__ import main
from benchmark.replay.core import Outcome, Replay, replay_commands, run_record
from participants.formats.commands import WholeNumbers, parse_commands, read_commands
from tests.support.core_auditor import Auditor
from tests.support.instruments import make_instruments

HOUR = Path(__file__).resolve().parents[3] / "shared" / "data" / "AAPL_hour.commands.csv.xz"
LINES = """# a sell, a partial fill, a reduction, a cancel
N,s1,S,1000,50
R,1,1,1000,50,-1,0
I,b1,B,1000,20
T,s1,b1,1000,20
A,s1,40
R,2,2,1000,20,-1,0,-1,0,-1,0
C,s1
R,3,1,-1,0,-1,0
"""


def replay(text: str, whole: WholeNumbers | None = None) -> Outcome:
    """Replay lines whose decimals are those of BTC-USDT."""
    commands = list(parse_commands(text.splitlines(), make_instruments()[0], whole))
    outcome, records = replay_commands(commands)
    assert len(records) == outcome.commands
    return outcome


def test_recorded_lines_come_out_as_recorded() -> None:
    outcome = replay(LINES, WholeNumbers(tick_size=100, lot_size=10))
    assert outcome.differences == []
    assert (outcome.commands, outcome.trades, outcome.rows) == (4, 1, 3)


def test_recorded_decimals_come_out_as_recorded() -> None:
    decimals = LINES.replace("1000", "60000").replace("50", "0.5").replace("20", "0.20000")
    outcome = replay(decimals.replace("40", "0.4"))
    assert outcome.differences == []
    assert (outcome.commands, outcome.trades, outcome.rows) == (4, 1, 3)


def test_flow_without_recorded_trades_has_no_difference() -> None:
    outcome = replay("N,s1,S,60000.00,0.5\nI,b1,B,60000.00,0.2\n")
    assert (outcome.differences, outcome.trades_seen, outcome.trades_expected) == ([], 1, 0)


def test_a_difference_is_told() -> None:
    outcome = replay(LINES.replace("T,s1,b1,1000,20", "T,s1,b1,1000,30"))
    assert (outcome.trades, outcome.trades_expected) == (0, 1)
    assert "command 2 (I b1)" in outcome.differences[0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("X,1", "the first field must be one of N I C A T R or #, not 'X'"),
        ("new,1,B,5,5", "not 'new'; nearest: N"),
        ("time,id,side,price,quantity", "or #, not 'time'$"),
        ("N,1,buy,5,5", "the side must be B or S, not 'buy'; nearest: B"),
        ("N,1,Q,5,5", "the side must be B or S, not 'Q'"),
        ("N,1,B,5", "the line must be N,id,B or S,price,quantity, not 'N,1,B,5'"),
        ("C", "the line must be C,id, not 'C'"),
        ("C,", "id must be there, in C,id, not ''"),
        ("T,a,b,1,1", "T must come after the command that it is of"),
        ("N,1,B,5,5\nT,a,b,1", "the line must be T,maker,taker,price,quantity"),
        ("N,1,B,5,5\nR,1,2,5,5", "8 numbers of 2 levels, not '5,5'"),
        ("N,1,B,5,5\nR,1,x,5,5", "n must be the number of levels, not 'x'"),
        ("N,1,B,5,5\nN,2,B,5,0.5", "quantity must be a whole number, without a point"),
        ("N,1,B,0,5", "price must be a whole number, 1 to 1000000000000, not '0'; nearest: 1"),
        ("N,1,B,-5,5", "price must be a whole number"),
        ("N,1,B,60000.005,1", "multiple of BTC-USDT's 0.01, not '60000.005'; nearest: 60000.01"),
        ("N,1,B,60000.00,1\nA,1,1.000001", "not '1.000001'; nearest: 1.00000"),
        ("N,1,B,60000.00,0", "quantity must be a decimal, .*; nearest: 0.00001"),
        ("N,1,B,6e4,1.0", "price must be a decimal, .*, not '6e4'"),
        ("A,1,1.x", "quantity must be a decimal"),
    ],
)
def test_an_unreadable_line_is_named(text: str, complaint: str) -> None:
    number = len(text.splitlines())
    with pytest.raises(ValueError, match=f"flow, line {number}: .*{complaint}"):
        replay(text)


def test_an_amount_off_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match=r"multiple of 300, .*not '1000'; nearest: 900"):
        replay(LINES, WholeNumbers(tick_size=300))
    with pytest.raises(ValueError, match=r"multiple of 40, .*not '50'; nearest: 40"):
        replay(LINES, WholeNumbers(lot_size=40))


def test_decimals_without_an_instrument_ask_for_it() -> None:
    with pytest.raises(ValueError, match="name their instrument with --symbol"):
        list(parse_commands(["N,1,B,60000.0,1"]))


def test_point_in_an_id_makes_no_decimals() -> None:
    assert next(parse_commands(["N,a.1,B,5,5"])).price == 5


@pytest.mark.parametrize("name", ["flow.csv", "flow.csv.xz"])
def test_file_that_is_no_text_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"N,1,B,\xff\n")
    with pytest.raises(ValueError, match=f"{name} cannot be read"):
        list(read_commands(path))


def test_file_of_another_editor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_bytes("\ufeffN, 1, B, 5, 6\r\n\r\nC, 1\r\n".encode())
    first, second = read_commands(path)
    assert (first.price, first.quantity, second.order_id) == (5, 6, "1")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["flow.csv"], "name their instrument with --symbol"),
        (["flow.csv", "--symbol", "X-Y"], "no instrument X-Y: choose one of BTC-USDT"),
        (["flow.csv", "--symbol", "BTC-USDT"], "flow.csv, line 2: quantity must be a decimal"),
        (["no.csv"], "No such file"),
    ],
)
def test_command_line_says_what_is_wrong_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], complaint: str,
) -> None:  # fmt: skip
    (tmp_path / "flow.csv").write_text("N,1,B,60000.00,1\nA,1,some\n")
    file, *rest = arguments
    monkeypatch.setattr(sys, "argv", ["replay", str(tmp_path / file), *rest])
    assert main() == 2
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("cannot replay: ")
    assert complaint in last


@pytest.mark.skipif(not HOUR.exists(), reason="the recorded hour is not at hand")
def test_the_real_hour_has_every_trade_every_row_and_no_finding() -> None:
    replay, auditor = Replay(), Auditor()
    for command in read_commands(HOUR):
        events = run_record(replay.matcher, replay.record(command))
        auditor.read(events)
        replay.check(command, iter(events))
    outcome = replay.outcome
    assert (outcome.differences, auditor.findings) == ([], [])
    assert (outcome.trades, outcome.trades_expected, auditor.trades) == (4058, 4058, 4058)
    assert (outcome.rows, outcome.rows_expected) == (91997, 91997)
