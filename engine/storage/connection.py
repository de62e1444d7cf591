"""The engine's connection to Redis, and which Redis those who look back mean."""

import re
from pathlib import Path

import msgspec
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from protocol.run_file import RUN_FILE, RunFile
from protocol.settings import Settings

SOCKET_TIMEOUT_SECONDS = 10


def connect_redis(url: str) -> Redis:
    """A client that never repeats a command by itself: an unknown outcome is ours to settle."""
    return Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=SOCKET_TIMEOUT_SECONDS, protocol=2
    )


def find_redis_url(settings: Settings) -> str:
    """The server that the settings name, else that of the system on the data folder, else ours.

    Raises OSError or ValueError where that system's run file is there but cannot be read: another
    server that happens to be on the default port must not stand in for it.
    """
    named = settings.named_redis_url or _read_run_file(settings.data_dir / RUN_FILE)
    return named or settings.effective_redis_url


def _read_run_file(path: Path) -> str | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunFile).redis.url
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ValueError(f"{path} is not a run file: {error}") from None


def describe_address(url: str) -> str:
    """`url` without user, password and options, for the eyes of others."""
    return re.sub(r"://.*@", "://", url).partition("?")[0]
