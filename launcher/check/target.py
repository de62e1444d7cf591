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
    """The system to check. `account` owns the check's orders, unless there is an API key.

    `binance_url` is None if that service is off.
    """

    gateway_url: str
    market_data_url: str
    redis_url: str
    instruments: list[Instrument]
    account: str = field(default_factory=lambda: f"check-{secrets.token_hex(4)}")
    api_key: str | None = None
    api_secret: str | None = None
    binance_url: str | None = None

    @property
    def feed_url(self) -> str:
        """URL of the market-data WebSocket."""
        return make_feed_url(self.market_data_url)


def read_instruments(settings: LauncherSettings) -> list[Instrument]:
    """Read those of `INSTRUMENTS_FILE` on shard 1, where accounts open with something to trade.

    Raises LaunchError if it cannot be read.
    """
    try:
        found = parse_instruments(settings.instruments_file.read_text())
        return [instrument for instrument in found.values() if instrument.shard == 1]
    except (OSError, ValueError) as error:
        raise LaunchError(f"{settings.instruments_file}: {error}") from None


def require(is_right: bool, otherwise: str) -> None:
    """Raise CheckFailed with the text `otherwise` unless `is_right`."""
    if not is_right:
        raise CheckFailed(otherwise)


def describe(answer: httpx.Response) -> str:
    """Return the status and the beginning of the body."""
    return f"{answer.status_code} {answer.text[:200]}"
