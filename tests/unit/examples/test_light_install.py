"""The examples run with the clients alone, and find the exchange as its services do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from examples.addresses import DEFAULTS, read_addresses
from launcher.setup.environment import ROOT
from protocol.settings import Settings

OF_SERVERS = (
    "dotenv", "fastapi", "hiredis", "httptools", "prometheus_client", "pydantic", "pydantic_core",
    "pydantic_settings", "redis", "sqlalchemy", "starlette", "tqdm", "uvicorn", "uvloop",
)  # fmt: skip
PROGRAMS = sorted(
    path.stem for path in (ROOT / "examples").glob("*.py") if "__main__" in path.read_text()
)
WITHOUT_SERVERS = f"""
import runpy, sys
sys.modules.update(dict.fromkeys({OF_SERVERS!r}))  # importing one raises ImportError
sys.argv = [sys.argv[1], "--help"]
runpy.run_module(sys.argv[0], run_name="__main__")
"""


def test_there_are_programs() -> None:
    assert "market_maker" in PROGRAMS


@pytest.mark.parametrize("program", PROGRAMS)
def test_example_needs_the_clients_alone_and_its_help_says_every_default(program: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", WITHOUT_SERVERS, f"examples.{program}"],
        cwd=ROOT,
        env=os.environ | {"GATEWAY_PORT": "8123", "MARKET_DATA_PORT": "8124", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "(http://127.0.0.1:8123)" in finished.stdout
    options = [line for line in finished.stdout.splitlines() if line.startswith("  --")]
    assert options
    assert [line for line in options if not line.endswith(")")] == []


def test_defaults_are_those_of_the_exchange() -> None:
    fields = Settings.model_fields
    assert dict(DEFAULTS) == {name: str(fields[name.lower()].default) for name in DEFAULTS}


def test_addresses_are_read_as_the_exchange_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    env_file = tmp_path / ".env"
    env_file.write_text(
        "# GATEWAY_PORT=1\n\nexport GATEWAY_PORT=8100 # of the second\ngateway_host='10.0.0.1'\n"
        'MARKET_DATA_PORT="8101"\nMARKET_DATA_HOST=\nAPI_KEYS=[{"key": "a=b"}]\n'
    )
    settings = Settings(_env_file=env_file)  # type: ignore[call-arg]
    found = read_addresses(env_file)
    assert found.gateway == f"http://{settings.gateway_host}:{settings.gateway_port}"
    assert found.gateway == "http://10.0.0.1:8100"
    assert found.feed == f"ws://{settings.market_data_host}:8101/ws/market-data"
    monkeypatch.setenv("GATEWAY_PORT", "8200")
    assert read_addresses(env_file).gateway == "http://10.0.0.1:8200"
    assert read_addresses(tmp_path / "none").gateway == "http://127.0.0.1:8200"


def test_port_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MARKET_DATA_PORT", "eighty")
    with pytest.raises(ValueError, match="MARKET_DATA_PORT=eighty: a port is a whole number"):
        read_addresses(tmp_path / ".env")
