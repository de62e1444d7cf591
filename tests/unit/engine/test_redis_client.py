"""Which Redis is meant by those who look back."""

import shutil
from pathlib import Path

import pytest

from engine.storage.redis_client import describe_address, find_redis_url
from launcher.supervision.processes import ProcessId
from launcher.supervision.run_file import RunRecord, write_run_record
from protocol.run_file import RedisRecord, identify_place
from protocol.settings import Settings

RUNNING = "redis://127.0.0.1:6401/0"


pytestmark = pytest.mark.usefixtures("no_settings")


@pytest.fixture
def running(tmp_path: Path) -> Path:
    """The data folder of a system whose Redis had to take another port."""
    redis = RedisRecord(RUNNING, "Valkey", is_own=True)
    record = RunRecord(
        place=identify_place(tmp_path),
        launcher=ProcessId(1, ""),
        gateway_url="",
        market_data_url="",
        redis=redis,
        services=[],
        is_ready=True,
    )
    write_run_record(tmp_path, record)
    return tmp_path


def test_running_systems_redis_is_found(running: Path) -> None:
    assert find_redis_url(Settings(data_dir=running)) == RUNNING


def test_running_system_goes_before_a_port(running: Path) -> None:
    assert find_redis_url(Settings(data_dir=running, redis_port=6400)) == RUNNING


def test_named_server_goes_before_the_running_system(running: Path) -> None:
    named = Settings(data_dir=running, redis_url="redis://named:1/2")
    by_parts = Settings(data_dir=running, redis_host="named", redis_port=6400)
    assert find_redis_url(named) == "redis://named:1/2"
    assert find_redis_url(by_parts) == "redis://named:6400/0"


def test_without_a_running_system_the_port_counts(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, redis_port=6400)
    assert find_redis_url(settings) == "redis://127.0.0.1:6400/0"


def test_damaged_run_file_is_no_licence_for_another_server(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ValueError, match="is not a run file"):
        find_redis_url(Settings(data_dir=tmp_path))


def test_copied_run_file_is_no_licence_for_the_originals_server(running: Path) -> None:
    copy = running.with_name(f"{running.name}-copy")
    shutil.copytree(running, copy)
    with pytest.raises(ValueError, match="is from another folder"):
        find_redis_url(Settings(data_dir=copy))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://user:pass@word@host:1/0", "redis://host:1/0"),
        ("redis://host:1/0?password=word", "redis://host:1/0"),
    ],
)
def test_address_has_no_password(url: str, address: str) -> None:
    assert describe_address(url) == address
