"""Files with secrets that other users of the machine can read."""

import stat
from collections.abc import Iterator
from pathlib import Path

from dotenv import dotenv_values

from launcher.settings import LauncherSettings
from protocol.settings import SECRETS


def find_open_files(settings: LauncherSettings) -> Iterator[str]:
    """Say which file with keys or passwords others can read, and what to do about it."""
    if settings.api_keys_file and _is_open(settings.api_keys_file):
        yield _describe(settings.api_keys_file, "it holds the API keys")
    env_file = Path(".env")
    if _is_open(env_file):
        values = dotenv_values(env_file).items()
        found = SECRETS & {name.upper() for name, value in values if value}
        if found - {"API_KEYS_FILE"}:
            yield _describe(env_file, f"it holds {', '.join(sorted(found))}")


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def _describe(path: Path, why: str) -> str:
    return f"other users of this machine can read {path}, and {why}: chmod 600 {path}"
