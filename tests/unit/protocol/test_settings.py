"""What the settings mean where they leave something open."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from launcher.settings import LauncherSettings
from launcher.setup.environment import ROOT
from protocol.settings import SECRETS, SERVICE_REDIS_URLS, Settings, describe_bad_settings

pytestmark = pytest.mark.usefixtures("no_settings")


def test_relative_path_is_relative_to_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", "data2")
    monkeypatch.setenv("API_KEYS_FILE", "keys.toml")
    settings = Settings()
    assert settings.data_dir == ROOT / "data2"
    assert settings.instruments_file == ROOT / "instruments.toml"
    assert settings.api_keys_file == ROOT / "keys.toml"


def test_absolute_path_stays(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).data_dir == tmp_path


def test_port_alone_names_no_server_but_is_where_ours_is_looked_for() -> None:
    settings = Settings(redis_port=6400)
    assert settings.named_redis_url is None
    assert settings.effective_redis_url == "redis://127.0.0.1:6400/0"


def test_without_settings_the_default_port_is_used() -> None:
    assert Settings().effective_redis_url == "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize("text", ["one.lan,two.lan", "one.lan two.lan", " one.lan,  two.lan, "])
@pytest.mark.parametrize("name", ["ALLOWED_HOSTS", "ALLOWED_ORIGINS"])
def test_names_have_commas_or_blanks_between_them(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    assert getattr(Settings(), name.lower()) == ()
    monkeypatch.setenv(name, text)
    assert getattr(Settings(), name.lower()) == ("one.lan", "two.lan")


def test_bad_settings_are_named_without_a_secrets_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "70000")
    monkeypatch.setenv("DATABASE_URL", "mysql://me:hidden@host/name")
    with pytest.raises(ValidationError) as caught:
        Settings()
    text = describe_bad_settings(caught.value)
    assert text.startswith("bad setting: GATEWAY_PORT='70000': ")
    assert "; DATABASE_URL: " in text
    assert "hidden" not in text


def test_every_secret_is_a_setting() -> None:
    names = {name.upper() for name in LauncherSettings.model_fields}
    assert names >= SECRETS
    assert {name for name in names if name.endswith("_REDIS_URL")} == {*SERVICE_REDIS_URLS.values()}
