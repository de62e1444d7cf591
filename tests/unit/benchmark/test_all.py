import json
from pathlib import Path

import pytest

from benchmark.all.figures import compare_figures, list_figures
from benchmark.all.parts import TOO_LONG, Part, choose_parts, run_part
from benchmark.shared.figures import write_figures


def make_part(code: str, seconds: float = 30) -> Part:
    return Part("part", ("-c", code), seconds)


def test_figures_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "part.json"
    assert list_figures(file) == {}
    write_figures(file, {"core x limit": 1.73, "trades": 4})
    assert list_figures(file) == {"core x limit": 1.73, "trades": 4.0}


def test_a_figure_that_is_no_number_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nan"):
        write_figures(tmp_path / "part.json", {"ratio": float("nan")})


def test_figures_of_a_load_are_those_of_its_result(tmp_path: Path) -> None:
    result = {
        "accepted_rate": 1000.0,
        "stages_ms": {"accept": {"p50": 1.0, "p99": 2.0}},
        "engine_matching_ms": None,
        "engine_commit_ms": {"p50": 0.5, "p99": None},
        "processes": [{"name": "engine", "cpu_share": 0.05, "megabytes": 1}],
    }
    for shown in (result, {"best": result, "failure": None}):
        (tmp_path / "part.json").write_text(json.dumps(shown))
        assert list_figures(tmp_path / "part.json") == {
            "orders a second": 1000.0,
            "accept p50 ms": 1.0,
            "accept p99 ms": 2.0,
            "engine commit p50 ms": 0.5,
            "engine CPU us an order": pytest.approx(50.0),
        }


def test_a_search_that_found_nothing_has_no_figures(tmp_path: Path) -> None:
    (tmp_path / "part.json").write_text(json.dumps({"best": None, "failure": None}))
    assert list_figures(tmp_path / "part.json") == {}


def test_figures_of_chaos_are_its_rows_that_are_numbers(tmp_path: Path) -> None:
    file = tmp_path / "part.json"
    file.write_text(json.dumps({"rows": {"lost": 0, "answers": {"201": 5}}, "findings": []}))
    assert list_figures(file) == {"lost": 0.0}


def test_two_runs_are_compared_figure_by_figure() -> None:
    first = {"core": {"a": 1.0, "b": 2.0, "only here": 3.0}, "lost": {"c": 1.0}}
    *lines, last = compare_figures(first, {"core": {"a": 1.1, "b": 2.0}, "found": {"d": 1.0}})
    assert len(lines) == 5
    assert lines[0].split()[-1] == "1.10"
    assert lines[2].split()[-2:] == ["3.00", "-"]
    assert lines[4].split()[-2:] == ["-", "1.00"]
    assert "2 figures" in last
    assert "all within 10%" in last


def test_what_must_be_asked_for_runs_only_where_it_is_named() -> None:
    assert not any(part.is_asked_for for part in choose_parts([]))
    assert [part.name for part in choose_parts(["engine", "core"])] == ["core", "engine"]
    with pytest.raises(LookupError, match="no part nothing: choose of load, "):
        choose_parts(["nothing"])


def test_a_part_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    file.write_text("of a run before")
    part = make_part("import sys; open(sys.argv[2], 'w').write('{\"a\": 1}')")
    assert run_part(part, tmp_path / "log.txt", file) == 0
    assert list_figures(file) == {"a": 1.0}


def test_a_part_tells_its_status_and_keeps_its_text(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    assert (
        run_part(make_part("print('said'); raise SystemExit(3)"), log, tmp_path / "figures.json")
        == 3
    )
    assert log.read_text() == "said\n"


def test_a_part_that_takes_too_long_is_asked_to_stop(tmp_path: Path) -> None:
    code = "import threading\ntry: threading.Event().wait(60)\nfinally: print('in order')"
    log = tmp_path / "log.txt"
    assert run_part(make_part(code, seconds=5.0), log, tmp_path / "figures.json") == TOO_LONG
    assert "in order" in log.read_text()
