"""The system that `check` tries out, and how a check fails."""

import secrets
from dataclasses import dataclass, field

import httpx

from launcher.settings import LauncherSettings
from launcher.setup.errors import LaunchError
from protocol.instrument import Instrument, parse_instruments
from protocol.stream_urls import make_feed_url

CHECK_SECONDS = 10.0


class CheckFailed(Exception):
    """The system did not do what it must; the text says what it did."""


@dataclass(frozen=True)
class Target:
    """The system to check. `account` owns the check's orders, unless there is an API key."""

    gateway_url: str
    market_data_url: str
    redis_url: str
    instruments: list[Instrument]
    account: str = field(default_factory=lambda: f"check-{secrets.token_hex(4)}")
    api_key: str | None = None
    api_secret: str | None = None

    @property
    def feed_url(self) -> str:
        """URL of the market-data WebSocket."""
        return make_feed_url(self.market_data_url)


def read_instruments(settings: LauncherSettings) -> list[Instrument]:
    """Read `INSTRUMENTS_FILE`; raise LaunchError if it cannot be read."""
    try:
        return list(parse_instruments(settings.instruments_file.read_text()).values())
    except (OSError, ValueError) as error:
        raise LaunchError(f"{settings.instruments_file}: {error}") from None


def require(is_right: bool, otherwise: str) -> None:
    """Raise CheckFailed with the text `otherwise` unless `is_right`."""
    if not is_right:
        raise CheckFailed(otherwise)


def describe(answer: httpx.Response) -> str:
    """Return the status and the beginning of the body."""
    return f"{answer.status_code} {answer.text[:200]}"
