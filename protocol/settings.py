"""Settings of every service, from the environment or the file `.env` of the repository.

Only servers import this module: it loads pydantic.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from protocol.assets import DEFAULT_MAX_ACCOUNTS, MAX_ACCOUNTS
from protocol.enums import BalanceMode
from protocol.exchange_clock import REAL, ClockMode
from protocol.hosts import format_host
from protocol.limits import DEFAULT_CLOSED_ORDERS, DEFAULT_MAX_OPEN_ORDERS

_is_amount = re.compile(r"[0-9]{1,10}(\.[0-9]{1,8})?", re.ASCII).fullmatch
REPOSITORY = Path(__file__).resolve().parent.parent
_DATABASES = ("sqlite:", "sqlite+pysqlite:", "postgres:", "postgresql:", "postgresql+psycopg:")
SERVICE_REDIS_URLS = {
    "engine": "ENGINE_REDIS_URL",
    "order_gateway": "GATEWAY_REDIS_URL",
    "market_data": "MARKET_DATA_REDIS_URL",
    "binance_gateway": "BINANCE_REDIS_URL",
    "archive": "ARCHIVE_REDIS_URL",
}
"""The setting, by the module of a service, that has its own URL on a Redis of the user's."""
SECRETS = frozenset(
    {
        "API_KEYS",
        "API_KEYS_FILE",
        "CHECK_API_KEY",
        "CHECK_API_SECRET",
        "DATABASE_URL",
        "REDIS_PASSWORD",
        "REDIS_URL",
        *SERVICE_REDIS_URLS.values(),
    }
)
"""The settings that may hold a password or a key, or name the file with the keys."""
SettingPath = Annotated[Path, AfterValidator(lambda path: REPOSITORY / path)]
"""Relative to the repository, so that a command means the same file in whatever folder it runs."""


def _check_database(url: str) -> str:
    if not url.startswith(_DATABASES):
        raise ValueError("use sqlite:///file or postgresql://user:password@host/name")
    return url


def _split_names(names: object) -> object:
    return names.replace(",", " ").split() if isinstance(names, str) else names


def _check_clock(text: str) -> str:
    ClockMode.parse(text)
    return text


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_names)]
"""Names with commas or blanks between them."""


def read_amounts(text: str) -> dict[str, str]:
    """Return the amount of each asset in `BTC=10,ETH=100`; raise ValueError for another form."""
    found: dict[str, str] = {}
    for pair in filter(None, text.split(",")):
        asset, _, amount = (part.strip() for part in pair.partition("="))
        if not asset or _is_amount(amount) is None:
            raise ValueError(f"{pair.strip()!r} is not an asset and an amount, such as BTC=10")
        found[asset] = amount
    return found


def _check_amounts(text: str) -> str:
    read_amounts(text)
    return text


class Settings(BaseSettings):
    """Environment variables of the same names in capitals.

    Raises ValidationError for a bad one; `describe_bad_settings` words it for the user.
    """

    model_config = SettingsConfigDict(
        env_file=REPOSITORY / ".env", extra="ignore", env_ignore_empty=True
    )

    redis_url: str | None = None
    redis_host: str | None = None
    redis_port: int = Field(default=6379, ge=1, le=65535)
    redis_db: int = Field(default=0, ge=0)
    redis_password: str | None = None
    redis_durability: Literal["always", "everysec", "no", "off"] | None = None
    gateway_host: str = "127.0.0.1"
    gateway_port: int = Field(default=8000, ge=0, le=65535)
    public_gateway_url: str | None = None
    market_data_host: str = "127.0.0.1"
    market_data_port: int = Field(default=8001, ge=0, le=65535)
    market_data_max_connections: int = Field(default=5_000, ge=1)
    market_data_max_connections_per_address: int = Field(default=2_000, ge=1)
    market_data_max_subscriptions: int = Field(default=1_000, ge=1)
    market_data_max_held_bytes: int = Field(default=256 << 20, ge=1 << 20)
    binance: Literal["on", "off"] = "on"
    binance_host: str = "127.0.0.1"
    binance_port: int = Field(default=8002, ge=0, le=65535)
    binance_workers: int = Field(default=1, ge=1, le=64)
    binance_strict: Literal["on", "off"] = "off"
    binance_request_weight: int = Field(default=6_000, ge=0)
    binance_raw_requests: int = Field(default=300_000, ge=0)
    binance_orders_10s: int = Field(default=100, ge=0)
    binance_orders_day: int = Field(default=200_000, ge=0)
    binance_connections: int = Field(default=300, ge=0)
    binance_max_num_orders: int = Field(default=0, ge=0)
    binance_max_num_algo_orders: int = Field(default=0, ge=0)
    binance_max_num_iceberg_orders: int = Field(default=0, ge=0)
    binance_max_num_order_lists: int = Field(default=0, ge=0)
    binance_max_num_order_amends: int = Field(default=0, ge=0)
    binance_max_position: Annotated[str, AfterValidator(_check_amounts)] = ""
    uvicorn_workers: int = Field(default=1, ge=1, le=64)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    data_dir: SettingPath = Path("data")
    instruments_file: SettingPath = Path("instruments.toml")
    max_batch: int = Field(default=512, ge=1, le=4096)
    max_queue_length: int = Field(default=100_000, ge=1)
    closed_orders: int = Field(default=DEFAULT_CLOSED_ORDERS, ge=1)
    snapshot_interval: int = Field(default=100_000, ge=1)
    max_open_orders: int = Field(default=DEFAULT_MAX_OPEN_ORDERS, ge=1)
    balances: BalanceMode = BalanceMode.CHECKED
    clock: Annotated[str, AfterValidator(_check_clock)] = str(REAL)
    ephemeral: Literal["on", "off"] = "off"
    seed: str | None = None
    faults: Literal["on", "off"] = "off"
    max_accounts: int = Field(default=DEFAULT_MAX_ACCOUNTS, ge=1, le=MAX_ACCOUNTS)
    log_format: Literal["text", "json"] = "text"
    auth: Literal["on", "off"] | None = None
    api_keys_file: SettingPath | None = None
    api_keys: str | None = None
    receive_window_ms: int = Field(default=5_000, ge=1, le=60_000)
    rate_limit: int = Field(default=1_000, ge=1)
    max_body_bytes: int = Field(default=64 * 1024, ge=1024, le=64 * 1024)
    max_batch_bytes: int = Field(default=1024 * 1024, ge=1024, le=16 * 1024 * 1024)
    max_connections: int = Field(default=10_000, ge=1)
    max_connections_per_address: int = Field(default=2_000, ge=1)
    gateway_max_streams: int = Field(default=5_000, ge=1)
    gateway_max_streams_per_account: int = Field(default=100, ge=1)
    allowed_hosts: Names = ()
    allowed_origins: Names = ()
    database_url: Annotated[str, AfterValidator(_check_database)] | None = None
    archive_retention_days: float | None = Field(default=None, gt=0)
    archive_retention_rows: int | None = Field(default=None, ge=1)

    @property
    def gateway_url(self) -> str:
        """Where the order gateway listens."""
        return f"http://{format_host(self.gateway_host)}:{self.gateway_port}"

    @property
    def market_data_url(self) -> str:
        """Where the market data service listens."""
        return f"http://{format_host(self.market_data_host)}:{self.market_data_port}"

    @property
    def binance_url(self) -> str:
        """Where the Binance gateway listens."""
        return f"http://{format_host(self.binance_host)}:{self.binance_port}"

    @property
    def named_redis_url(self) -> str | None:
        """URL of the server that the settings name; None if they name none."""
        if self.redis_url or self.redis_host is None:
            return self.redis_url
        password = f":{quote(self.redis_password, safe='')}@" if self.redis_password else ""
        return f"redis://{password}{self.redis_host}:{self.redis_port}/{self.redis_db}"

    @property
    def effective_redis_url(self) -> str:
        """The named server, else the one on this machine's `REDIS_PORT`."""
        return self.named_redis_url or f"redis://127.0.0.1:{self.redis_port}/0"


def check_shards(settings: Settings, shards: Sequence[int]) -> None:
    """Raise ValueError if there are several shards, and a setting is for one alone."""
    if len(shards) < 2:
        return
    if settings.ephemeral == "on":
        raise ValueError(f"EPHEMERAL=on: not with several shards ({_join(shards)}), set it to off")
    if settings.clock != str(REAL):
        raise ValueError(
            f"CLOCK={settings.clock}: not with several shards ({_join(shards)}), the nearest is"
            f" {REAL}"
        )


def _join(shards: Sequence[int]) -> str:
    return ", ".join(map(str, shards))


def describe_bad_settings(error: ValidationError) -> str:
    """Name every bad setting and what is wrong with it, in one line, without a secret's value."""
    problems = []
    for item in error.errors():
        name = ".".join(map(str, item["loc"])).upper()
        value = "" if name in SECRETS else f"={item['input']!r}"
        problems.append(f"{name}{value}: {item['msg']}")
    return "bad setting: " + "; ".join(problems)
