"""Import rules that import-linter cannot check: `cimport` lines, and rules narrower than a room.

The rules about rooms are contracts in pyproject.toml: `lint-imports`.
"""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "archive", "binance_gateway", "edge", "engine", "goquant", "launcher", "market_data",
    "order_gateway", "protocol",
}  # fmt: skip
IMPORT = re.compile(r"^\s*(?:from|import|cimport)\s+([\w.]+)", re.MULTILINE)

MAY_CIMPORT = {
    "engine/core/compiled": tuple(
        f"engine.core.{name}" for name in ("compiled", "codes", "holds", "saved")
    ),
    "engine/exchange": ("engine.exchange",),
    "engine/order_path": ("engine.core", "engine.exchange", "engine.order_path", "protocol"),
    "order_gateway/order_path": (
        "edge",
        "order_gateway.order_path",
        "order_gateway.queueing",
        "protocol",
    ),
    "protocol": ("protocol",),
}
"""Each folder with compiled sources, and what they may name."""
ARCHIVE_DOOR = {
    f"archive.{name}"
    for name in (
        *("queries", "window_query", "prevented_query", "presence", "records", "database"),
        "settings",
    )
}


def list_sources(folder: str, *suffixes: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in suffixes)


def list_imports(path: Path) -> set[str]:
    return set(IMPORT.findall(path.read_text()))


def list_own_imports(path: Path) -> set[str]:
    return {name for name in list_imports(path) if name.partition(".")[0] in PACKAGES}


def test_every_folder_with_compiled_sources_has_a_rule() -> None:
    sources = [path for name in sorted(PACKAGES) for path in list_sources(name, ".pxd", ".pyx")]
    assert {path.parent.relative_to(ROOT).as_posix() for path in sources} == set(MAY_CIMPORT)


@pytest.mark.parametrize("folder", sorted(MAY_CIMPORT))
def test_compiled_sources_name_only_what_their_folder_may(folder: str) -> None:
    for path in list_sources(folder, ".pxd", ".pyx"):
        for name in list_own_imports(path):
            assert name.startswith(MAY_CIMPORT[folder]), f"{path.name} names {name}"


@pytest.mark.parametrize("service", ["order_gateway", "market_data", "binance_gateway"])
def test_services_touch_only_the_reading_side_of_the_archive(service: str) -> None:
    modules = {name for path in list_sources(service, ".py") for name in list_imports(path)}
    ours = {name for name in modules if name.startswith("archive")}
    assert ours <= ARCHIVE_DOOR, ours - ARCHIVE_DOOR


def test_only_the_exchange_its_ledger_and_translation_know_both_core_and_protocol() -> None:
    sources = list_sources("engine/exchange", ".py", ".pxd")
    knows_core = {
        path.stem
        for path in sources
        if any(f"{name}.".startswith("engine.core.") for name in list_imports(path))
    }
    knows_protocol = {
        path.stem
        for path in sources
        if any(name.partition(".")[0] == "protocol" for name in list_imports(path))
    }
    assert knows_core == {"core_event", "exchange", "ledger", "translation"}
    assert knows_core & knows_protocol == {"exchange", "ledger", "translation"}


def test_the_set_up_imports_the_standard_library_alone() -> None:
    for path in list_sources("launcher/setup", ".py"):
        tops = {name.partition(".")[0] for name in list_imports(path)}
        assert tops <= sys.stdlib_module_names | {"launcher"}, path
