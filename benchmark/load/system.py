"""The system under test: the running one, one elsewhere, or one started for the test."""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from launcher.supervision.run_file import RunRecord, find_running_system
from protocol.settings import Settings
from protocol.stream_urls import make_feed_url, make_order_stream_url
from tests.support.launched_system import REAL, launch

_UNAUTHORIZED = 401


class Target(NamedTuple):
    """A system's addresses; `processes` (name → pid) and `redis_url` are empty if not known."""

    gateway: str
    market_data: str
    redis_url: str
    processes: Mapping[str, int]
    is_own: bool = False

    @property
    def feed_url(self) -> str:
        """URL of the public WebSocket."""
        return make_feed_url(self.market_data)

    @property
    def reports_url(self) -> str:
        """URL of the private WebSocket."""
        return make_order_stream_url(self.gateway)


@contextmanager
def open_target(options: argparse.Namespace) -> Iterator[Target]:
    """Open the system that the options name; raises LookupError if it does not run."""
    if not options.start:
        yield _find_running(options)
        return
    with tempfile.TemporaryDirectory(prefix="goquant-load-") as folder:
        settings = {
            "AUTH": "off",
            "DATABASE_URL": f"sqlite:///{folder}/archive.sqlite3",
            "RATE_LIMIT": "1000000000",
            "MAX_OPEN_ORDERS": "10000000",
        }
        with launch(REAL, Path(folder) / "data", **settings) as system:
            yield _describe(system.wait_until_ready(), is_own=True)


def _find_running(options: argparse.Namespace) -> Target:
    settings = Settings()
    record = None if options.gateway else find_running_system(settings.data_dir)
    known = _describe(record, is_own=False) if record else None
    if known is None and options.gateway is None:
        known = Target(settings.gateway_url, settings.market_data_url, "", {})
    known = known or Target(options.gateway, settings.market_data_url, "", {})
    return known._replace(
        market_data=options.market_data or known.market_data,
        redis_url=options.redis or known.redis_url,
    )


def _describe(record: RunRecord, *, is_own: bool) -> Target:
    processes = {item.name: item.process.pid for item in record.services if item.process}
    processes["launcher"] = record.launcher.pid
    return Target(record.gateway_url, record.market_data_url, record.redis.url, processes, is_own)


def check_access(target: Target, headers: Mapping[str, str]) -> None:
    """Raises LookupError if the gateway asks for a key, httpx.HTTPError without a gateway."""
    answer = httpx.get(f"{target.gateway}/v1/orders?limit=1", headers=headers)
    if answer.status_code == _UNAUTHORIZED:
        raise LookupError(
            "authentication is on: give a key that may trade, without a secret, by --api-key"
        )
