"""Files with secrets that other users of the machine can read."""

import stat
from collections.abc import Iterator
from pathlib import Path

from dotenv import dotenv_values

from launcher.environments import SECRETS
from launcher.settings import LauncherSettings


def find_open_files(settings: LauncherSettings) -> Iterator[str]:
    """Say which file with keys or passwords others can read, and what to do about it."""
    if settings.api_keys_file and _is_open(settings.api_keys_file):
        yield _describe(settings.api_keys_file, "it holds the API keys")
    env_file = Path(".env")
    if _is_open(env_file):
        found = sorted(SECRETS & {name for name, value in dotenv_values(env_file).items() if value})
        if found != ["API_KEYS_FILE"] and found:
            yield _describe(env_file, f"it holds {', '.join(found)}")


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def _describe(path: Path, why: str) -> str:
    return f"other users of this machine can read {path}, and {why}: chmod 600 {path}"
