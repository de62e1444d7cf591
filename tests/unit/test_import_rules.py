"""Who may import whom, `cimport` lines included."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "archive",
    "benchmark",
    "engine",
    "examples",
    "goquant",
    "launcher",
    "market_data",
    "order_gateway",
    "protocol",
    "tests",
}
IMPORT = re.compile(r"^\s*(?:from|import|cimport)\s+([\w.]+)", re.MULTILINE)

MAY_IMPORT = {
    "goquant": {"goquant", "protocol", "engine"},
    "protocol": {"protocol"},
    "engine": {"engine", "protocol"},
    "order_gateway": {"order_gateway", "archive", "protocol"},
    "market_data": {"market_data", "archive", "protocol"},
    "archive": {"archive", "protocol"},
    "launcher": {"launcher", "protocol"},
}
ARCHIVE_DOOR = {"archive.queries", "archive.records", "archive.database", "archive.settings"}
CORE_MAY_NOT = {"redis", "asyncio", "time", "logging", "threading", "socket", "random"}
MAY_USE_REDIS = {
    "engine/storage/connection.py",
    "engine/storage/halts.py",
    "engine/audit/history.py",
    "engine/storage/journal.py",
    "engine/storage/lease.py",
    "engine/storage/order_queue.py",
    "engine/storage/recovery.py",
    "engine/service.py",
    "engine/storage/snapshot_store.py",
    "engine/storage/snapshots.py",
    "engine/storage/state.py",
    "engine/suspicion.py",
    "engine/storage/writes.py",
}


def list_sources(folder: str) -> list[Path]:
    return sorted(
        path
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".pyi", ".pyx", ".pxd"}
    )


def list_imports(path: Path) -> set[str]:
    return set(IMPORT.findall(path.read_text()))


def list_top_imports(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in list_imports(path)}


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_package_imports_only_what_it_may(package: str) -> None:
    for path in list_sources(package):
        ours = list_top_imports(path) & PACKAGES
        assert ours <= MAY_IMPORT[package], path


@pytest.mark.parametrize("service", ["order_gateway", "market_data"])
def test_services_touch_only_the_reading_side_of_the_archive(service: str) -> None:
    modules = {name for path in list_sources(service) for name in list_imports(path)}
    ours = {name for name in modules if name.startswith("archive")}
    assert ours <= ARCHIVE_DOOR, ours - ARCHIVE_DOOR


def test_core_knows_nothing_of_the_outside() -> None:
    for path in list_sources("engine/core"):
        imports = list_imports(path)
        ours = {name for name in imports if name.partition(".")[0] in PACKAGES}
        assert {name for name in ours if not name.startswith("engine.core")} == set(), path
        assert list_top_imports(path).isdisjoint(CORE_MAY_NOT), path


def test_only_the_exchange_and_its_translation_know_both_core_and_protocol() -> None:
    imports = {
        path.name: list_imports(path) for path in list_sources("engine") if "core" not in path.parts
    }
    knows_core = {
        file
        for file, names in imports.items()
        if any(f"{name}.".startswith("engine.core.") for name in names)
    }
    knows_protocol = {
        file
        for file, names in imports.items()
        if any(name.partition(".")[0] == "protocol" for name in names)
    }
    assert knows_core == {"core_event.py", "exchange.py", "translation.py"}
    assert knows_core & knows_protocol == {"exchange.py", "translation.py"}


def test_redis_only_at_the_edges_of_the_engine() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in list_sources("engine")
        if "redis" in list_top_imports(path)
    }
    assert users == MAY_USE_REDIS


def test_protocol_does_no_input_or_output() -> None:
    for path in list_sources("protocol"):
        assert list_top_imports(path).isdisjoint({"redis", "fastapi", "asyncio", "socket"}), path
