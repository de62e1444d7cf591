"""Faults of the settings are named before anything starts, each in one line."""

from pathlib import Path

import pytest

from launcher.environments import make_environment
from launcher.settings import LauncherSettings
from launcher.settings_check import check_settings, find_lookalikes, find_misspelled
from launcher.setup.errors import LaunchError


def _find_faults() -> list[str]:
    with pytest.raises(LaunchError) as raised:
        check_settings(LauncherSettings())
    return str(raised.value).splitlines()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GATEWY_PORT", "GATEWAY_PORT"),
        ("MARKETDATA_PORT", "MARKET_DATA_PORT"),
        ("API_KEY_FILE", "API_KEYS_FILE"),
        ("DATADIR", "DATA_DIR"),
        ("redis_ulr", "REDIS_URL"),
        ("ENGINECORE", "ENGINE_CORE"),
    ],
)
def test_the_nearest_name_is_proposed(name: str, meant: str) -> None:
    assert list(find_misspelled([name], 0.8)) == [f"{name} is no setting; did you mean {meant}?"]


def test_what_is_for_others_is_no_fault() -> None:
    names = ["PATH", "HOME", "COMPOSE_PROJECT_NAME", "gateway_port", "GATEWAY_PORT", "ENGINE_CORE"]
    assert list(find_misspelled([*names, "API_KEY"], 0.8)) == []


@pytest.mark.parametrize(
    "name", ["API_KEY", "REDIS_URI", "LOGLEVEL", "DATABASE_URI", "REDISHOST", "REDISPORT"]
)
def test_a_variable_of_another_program_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x")
    check_settings(LauncherSettings())


def test_a_variable_like_a_setting_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGLEVEL", "x")
    monkeypatch.setenv("API_KEY", "x")
    assert list(find_lookalikes()) == ["LOGLEVEL is no setting; did you mean LOG_LEVEL?"]


def test_a_misspelled_line_of_our_file_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("GATEWY_PORT=9000\nAPI_KEY=x\n")
    assert _find_faults() == ["GATEWY_PORT is no setting; did you mean GATEWAY_PORT?"]


def test_all_faults_are_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keys, instruments = tmp_path / "keys.toml", tmp_path / "instruments.toml"
    keys.write_text('[[key]]\nkey = "short"\naccount = "alice"\nscopes = ["read"]\n')
    monkeypatch.setenv("API_KEYS_FILE", str(keys))
    monkeypatch.setenv("INSTRUMENTS_FILE", str(instruments))
    monkeypatch.setenv("ENGINE_CORE", "rust")
    assert _find_faults() == [
        "ENGINE_CORE=rust: use cython or python",
        f"INSTRUMENTS_FILE={instruments}: No such file or directory",
        "API key 1: key must be at least 16 visible ASCII characters",
    ]


def test_an_instrument_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    instruments = tmp_path / "instruments.toml"
    instruments.write_text("[[instrument]]\nsymbol = 5\n")
    monkeypatch.setenv("INSTRUMENTS_FILE", str(instruments))
    (fault,) = _find_faults()
    assert fault.startswith(f"INSTRUMENTS_FILE={instruments}: ")


def test_a_service_s_url_on_a_server_without_a_name_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENGINE_REDIS_URL", "redis://engine:secret@127.0.0.1:6379/0")
    monkeypatch.setenv("ARCHIVE_REDIS_URL", "redis://archive:secret@127.0.0.1:6379/0")
    [fault] = _find_faults()
    assert fault.startswith("ENGINE_REDIS_URL, ARCHIVE_REDIS_URL: set REDIS_URL too")
    monkeypatch.setenv("REDIS_HOST", "127.0.0.1")
    check_settings(LauncherSettings())


def test_a_secret_reaches_only_who_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEYS", "DATABASE_URL", "REDIS_URL", "REDIS_PASSWORD", "CHECK_API_SECRET"):
        monkeypatch.setenv(name, "secret")
    told = {
        module: {name for name, value in make_environment(module).items() if value == "secret"}
        for module in ("engine", "order_gateway", "market_data", "archive", "redis")
    }
    assert told == {
        "engine": set(),
        "order_gateway": {"API_KEYS", "DATABASE_URL"},
        "market_data": {"DATABASE_URL"},
        "archive": {"DATABASE_URL"},
        "redis": set(),
    }
