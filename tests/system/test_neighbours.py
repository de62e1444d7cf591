"""Other users of the machine, and the services among each other, get no more than they need."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from launcher.redis.server import connect
from launcher.setup.environment import ROOT
from protocol import channels
from tests.support.launched_system import REAL, STAND_IN, LaunchedSystem, launch, run_command
from tests.support.waiting import wait_until

KEY = "a-key-of-at-least-16-characters"
KEYS = f'[{{"key":"{KEY}","account":"alice","scopes":["read","trade","admin"]}}]'


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    """An exchange with API keys that writes snapshots often."""
    folder = tmp_path_factory.mktemp("guarded") / "data"
    settings = {"API_KEYS": KEYS, "SNAPSHOT_INTERVAL": "2", "CHECK_API_KEY": KEY}
    with launch(REAL, folder, **settings) as system:
        system.wait_until_ready()
        yield system


def _read_environment(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def test_no_service_is_refused_what_it_needs(guarded: LaunchedSystem) -> None:
    """Snapshots, claims, reports, the archive, recovery: Redis has logged no refusal."""
    checked = run_command(guarded.folder, "check", CHECK_API_KEY=KEY)
    assert checked.returncode == 0, checked.stdout
    key, once = {"X-API-Key": KEY}, {"Idempotency-Key": "once"}
    order = {"symbol": "BTC-USDT", "order_type": "limit", "side": "buy", "quantity": "1"}
    with httpx.Client(base_url=guarded.record.gateway_url, headers=key, timeout=30) as gateway:
        placed = gateway.post("/v1/orders", json={**order, "price": "59000"})
        assert placed.status_code == 201, placed.text
        path = f"/v1/orders/{placed.json()['order_id']}"
        canceled = gateway.delete(path, headers=once)
        assert canceled.status_code == 200, canceled.text
    binance = f"{guarded.record.binance_url}/api/v3/userDataStream"
    assert httpx.post(binance, headers={"X-MBX-APIKEY": KEY}, timeout=30).status_code == 200
    with connect(guarded.record.redis.url) as client:
        wait_until(
            lambda: (
                client.hget(channels.STATE, channels.STATE_SEQUENCE)
                == client.hget(channels.STATE, channels.STATE_ARCHIVE_SEQUENCE)
            ),
            "the archive has everything",
            10.0,
        )
        assert client.hget(channels.STATE, channels.STATE_SNAPSHOTS)
        entries = client.execute_command("ACL", "LOG")
    refused = [entry for entry in entries if b"setinfo" not in str(entry).encode()]
    assert refused == []


def test_a_service_is_told_no_secret_that_it_does_not_use(guarded: LaunchedSystem) -> None:
    environments = {
        name: _read_environment(process.pid) for name, process in guarded.processes.items()
    }
    told = {name for name, found in environments.items() if "API_KEYS" in found}
    assert told == {"gateway", "binance"}
    assert not any("CHECK_API_KEY" in found for found in environments.values())
    assert "REDIS_URL" not in environments.pop("redis")
    users = {name: urlsplit(found["REDIS_URL"]).username for name, found in environments.items()}
    assert users == {
        "engine": "engine",
        "gateway": "order_gateway",
        "archive": "archive",
        "market-data": "market_data",
        "binance": "binance_gateway",
    }
    passwords = {urlsplit(found["REDIS_URL"]).password for found in environments.values()}
    assert len(passwords) == len(users)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_reads_publishes_and_stops_nothing(
    guarded: LaunchedSystem, tmp_path: Path
) -> None:
    program = shutil.copy(ROOT / "tests" / "support" / "other_user.py", tmp_path)
    port = urlsplit(guarded.record.redis.url).port
    arguments = [str(guarded.folder), str(port), str(guarded.processes["engine"].pid)]
    answer = subprocess.run(
        [sys.executable, str(program), *arguments], capture_output=True, text=True, check=False
    )
    assert answer.stderr == ""
    found = answer.stdout.splitlines()
    assert len(found) == 1, found
    assert int(found[0].split()[1]) > 8
    assert guarded.processes["engine"].is_alive


def test_everything_in_the_data_folder_is_for_its_owner(guarded: LaunchedSystem) -> None:
    paths = [guarded.folder, *guarded.folder.rglob("*")]
    assert [path for path in paths if path.stat().st_mode & 0o077] == []


def test_a_folder_that_was_open_is_closed_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    with launch(STAND_IN, folder) as system:
        system.wait_until_ready()
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_key_file_that_others_can_read_is_said(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[[key]]\nkey = "{KEY}"\naccount = "alice"\nscopes = ["read"]\n')
    keys.chmod(0o644)
    with launch(STAND_IN, tmp_path / "open", API_KEYS_FILE=str(keys)) as system:
        system.wait_until_ready()
        system.wait_for_output(f"other users of this machine can read {keys}")
        system.wait_for_output(f"chmod 600 {keys}")
    keys.chmod(0o600)
    with launch(STAND_IN, tmp_path / "closed", API_KEYS_FILE=str(keys)) as system:
        system.wait_until_ready()
        assert "can read" not in system.output


def test_the_url_with_the_password_is_told_to_the_owner_alone(guarded: LaunchedSystem) -> None:
    url = guarded.record.redis.url
    assert run_command(guarded.folder, "redis", "url").stdout.strip() == url
    password = urlsplit(url).password
    assert password
    assert password not in guarded.output
    assert password not in run_command(guarded.folder, "redis", "status").stdout
