"""Recorded order flow: a few lines of it, and the real hour where it is at hand."""

from pathlib import Path

import pytest

from benchmark.replay.core import Replay, replay_file, run_record
from benchmark.shared.commands_file import parse_commands, read_commands
from tests.support.core_auditor import Auditor

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


def test_recorded_lines_come_out_as_recorded(tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(LINES)
    outcome, records = replay_file(path, tick_size=100, lot_size=10)
    assert outcome.differences == []
    assert (outcome.commands, outcome.trades, outcome.rows) == (4, 1, 3)
    assert len(records) == 4


def test_a_difference_is_told(tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(LINES.replace("T,s1,b1,1000,20", "T,s1,b1,1000,30"))
    outcome, _ = replay_file(path)
    assert (outcome.trades, outcome.trades_expected) == (0, 1)
    assert "command 2 (I b1)" in outcome.differences[0]


@pytest.mark.parametrize("line", ["X,1", "N,1,Q,5,5", "N,1,B,5", "C", "T,a,b,1,1", "R,1,2,5,5"])
def test_an_unreadable_line_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 1 cannot be read"):
        list(parse_commands([line]))


def test_a_price_off_the_grid_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text(LINES)
    with pytest.raises(ValueError, match="no multiple of the tick size 300"):
        replay_file(path, tick_size=300)
    with pytest.raises(ValueError, match="no multiple of the lot 40"):
        replay_file(path, lot_size=40)


@pytest.mark.skipif(not HOUR.exists(), reason="the recorded hour is not at hand")
def test_the_real_hour_has_every_trade_every_row_and_no_finding() -> None:
    replay, auditor = Replay(1, 1), Auditor()
    for command in read_commands(HOUR):
        events = run_record(replay.matcher, replay.record(command))
        auditor.read(events)
        replay.check(command, iter(events))
    outcome = replay.outcome
    assert (outcome.differences, auditor.findings) == ([], [])
    assert (outcome.trades, outcome.trades_expected, auditor.trades) == (4058, 4058, 4058)
    assert (outcome.rows, outcome.rows_expected) == (91997, 91997)
