"""Gateway workers as processes of their own, alone or with an exchange behind them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple, TypeAlias

import httpx

from archive.database import open_for_queries
from archive.queries import Archive, ArchiveUnavailable
from engine.storage.state import Birth
from launcher.supervision.parent_death import make_child_setup
from protocol.assets import LedgerSettings
from protocol.headers import ACCOUNT_HEADER
from tests.support import http
from tests.support.archive_service import run_follower
from tests.support.engine_service import run_engine
from tests.support.waiting import wait_until

Process: TypeAlias = "subprocess.Popen[bytes]"
_numbers = count()


class Exchange(NamedTuple):
    """Where an exchange listens, and its gateway workers."""

    url: str
    workers: list[Process]
    database_url: str
    redis_url: str


@contextmanager
def run_workers(
    redis_url: str, count: int = 1, order_log: str = "", **settings: str
) -> Iterator[tuple[str, list[Process]]]:
    """Run gateway workers that share a listening socket; gives its URL, and the workers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        workers = [
            start_worker(redis_url, listener.fileno(), order_log, **settings) for _ in range(count)
        ]
    try:
        wait_until_ready(port, count)
        yield f"http://127.0.0.1:{port}", workers
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


@contextmanager
def run_exchange(
    redis_url: str,
    folder: Path,
    count: int = 1,
    ledger: LedgerSettings | None = None,
    birth: Birth = Birth(),  # noqa: B008 - it cannot change
    **settings: str,
) -> Iterator[Exchange]:
    """Run engine, archive and gateway workers on a Redis."""
    database_url = f"sqlite:///{folder / 'archive.sqlite3'}"
    with (
        run_engine(redis_url, ledger=ledger, birth=birth),
        run_follower(redis_url, database_url),
        wait_for_archive(database_url),
        run_workers(redis_url, count, DATABASE_URL=database_url, **settings) as (url, workers),
    ):
        yield Exchange(url, workers, database_url, redis_url)


@contextmanager
def use_account(exchange: Exchange) -> Iterator[str]:
    """An account that nobody has used; none of its orders is left behind."""
    account = f"account-{next(_numbers)}"
    try:
        yield account
    finally:
        answer = http.delete(f"{exchange.url}/v1/orders", headers={ACCOUNT_HEADER: account})
        answer.raise_for_status()


@contextmanager
def wait_for_archive(database_url: str) -> Iterator[None]:
    """Begin once the archive answers: a follower has to make its tables first."""
    archive = Archive(open_for_queries(database_url))

    def has_begun() -> bool:
        with suppress(ArchiveUnavailable):
            return archive.last_sequence() >= 0
        return False

    wait_until(has_begun, "the archive answers")
    archive.close()
    yield


def start_worker(redis_url: str, descriptor: int, order_log: str = "", **settings: str) -> Process:
    """Start a worker on an inherited socket; `order_log` is the number of an open file."""
    more = ["--order-log", order_log] if order_log else []
    return subprocess.Popen(
        [sys.executable, "-m", "order_gateway", "--fd", str(descriptor), *more],
        env=os.environ | {"REDIS_URL": redis_url} | settings,
        stderr=subprocess.PIPE,
        pass_fds=(descriptor, *map(int, more[1:])),
        preexec_fn=make_child_setup(),
    )


def wait_until_ready(port: int, count: int = 1) -> None:
    """Wait until `count` workers have answered; a connection goes to any of them."""
    workers: set[str] = set()

    def have_answered() -> bool:
        with suppress(httpx.TransportError), ThreadPoolExecutor(2 * count) as threads:
            for answer in threads.map(ask, range(2 * count)):
                workers.add(answer.headers["X-Request-Id"].partition("-")[0])
        return len(workers) == count

    def ask(_: int) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{port}/livez", timeout=2)

    wait_until(have_answered, "every worker has answered")
