import json
from pathlib import Path

import pytest

from benchmark._all_figures import compare_figures, list_figures
from benchmark._all_parts import TOO_LONG, Part, run_part

CORE = """core: cython
A1k: 1,000 messages
  core 33.5 ns a message, C++ limit 19.3: 1.73 x
B50k: 1,000 messages
  core 38.7 ns a message, C++ limit 24.1: 1.61 x
"""


def make_part(code: str, seconds: float = 30) -> Part:
    return Part("part", ("-c", code), seconds)


def test_ratios_of_a_text_are_named_by_their_lines(tmp_path: Path) -> None:
    figures = list_figures(make_part(""), CORE, tmp_path)
    assert sorted(figures.values()) == [1.61, 1.73]
    assert all("limit" in name for name in figures)


def test_figures_of_a_load_are_those_of_its_file(tmp_path: Path) -> None:
    result = {
        "accepted_rate": 1000.0,
        "stages_ms": {"accept": {"p50": 1.0, "p99": 2.0}},
        "engine_matching_ms": None,
        "processes": [{"name": "engine", "cpu_share": 0.05, "megabytes": 1}],
    }
    (tmp_path / "part.json").write_text(json.dumps({"best": result, "failure": None}))
    assert list_figures(make_part(""), "", tmp_path) == {
        "orders a second": 1000.0,
        "accept p50 ms": 1.0,
        "accept p99 ms": 2.0,
        "engine CPU us an order": pytest.approx(50.0),
    }


def test_a_search_that_found_nothing_has_no_figures(tmp_path: Path) -> None:
    (tmp_path / "part.json").write_text(json.dumps({"best": None, "failure": None}))
    assert list_figures(make_part(""), "", tmp_path) == {}


def test_two_runs_are_compared_figure_by_figure() -> None:
    first = {"core": {"a": 1.0, "b": 2.0, "only here": 3.0}, "lost": {"c": 1.0}}
    *lines, last = compare_figures(first, {"core": {"a": 1.1, "b": 2.0}})
    assert len(lines) == 2
    assert lines[0].split()[-1] == "1.10"
    assert "2 figures" in last
    assert "all within 10%" in last


def test_a_part_tells_its_status_and_keeps_its_text(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    assert run_part(make_part("print('said'); raise SystemExit(3)"), log, tmp_path) == 3
    assert log.read_text() == "said\n"


def test_a_part_that_takes_too_long_is_asked_to_stop(tmp_path: Path) -> None:
    code = "import threading\ntry: threading.Event().wait(60)\nfinally: print('in order')"
    log = tmp_path / "log.txt"
    assert run_part(make_part(code, seconds=1.0), log, tmp_path) == TOO_LONG
    assert "in order" in log.read_text()
