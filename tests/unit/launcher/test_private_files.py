"""Files with secrets that others can read are named."""

from pathlib import Path

import pytest

from launcher.private_files import find_open_files
from launcher.settings import LauncherSettings

SETTINGS = LauncherSettings(api_keys_file=None)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("REDIS_PASSWORD=hidden", "REDIS_PASSWORD"),
        ("redis_password=hidden", "REDIS_PASSWORD"),
        ("API_KEYS_FILE=keys.toml", None),
        ("GATEWAY_PORT=8100", None),
        ("API_KEYS_FILE=keys.toml\nCHECK_API_KEY=hidden", "API_KEYS_FILE, CHECK_API_KEY"),
        ("ENGINE_REDIS_URL=redis://engine:hidden@host", "ENGINE_REDIS_URL"),
    ],
)
def test_settings_that_are_secrets_are_named_in_whatever_case_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, named: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(text)
    (tmp_path / ".env").chmod(0o644)
    found = list(find_open_files(SETTINGS))
    assert [f"it holds {named}:" in line for line in found] == ([True] if named else [])
    assert "hidden" not in str(found)


def test_file_that_only_its_owner_can_read_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("REDIS_PASSWORD=hidden")
    (tmp_path / ".env").chmod(0o600)
    assert list(find_open_files(SETTINGS)) == []
