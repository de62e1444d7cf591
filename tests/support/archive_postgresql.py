"""A PostgreSQL of the suite's own: on a free port, in a folder of its own, gone at the end."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from launcher.supervision.parent_death import make_child_setup
from tests.support.ports import find_free_port
from tests.support.waiting import DEADLINE_SECONDS, wait_until

_UNPRIVILEGED = ("postgres", "nobody")


@contextmanager
def run_postgresql() -> Iterator[str]:
    """Run a server with an empty database; skip the test if none is installed."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server found: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="archive-postgresql-") as name:
        folder = Path(name)
        identity = _give_away(folder)
        port = find_free_port()
        with (folder / "log").open("wb") as log:
            process = _start(binaries, folder, port, log, identity)
        url = f"postgresql+psycopg://archive@127.0.0.1:{port}/postgres"
        try:
            wait_until(
                lambda: process.poll() is not None or _is_serving(url),
                lambda: f"PostgreSQL has started: {(folder / 'log').read_text()}",
            )
            if process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(DEADLINE_SECONDS)


def find_binaries() -> Path | None:
    """Find the folder with `initdb` and `postgres`, which Debian keeps off the PATH."""
    on_path = shutil.which("postgres")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((path for path in candidates if (path / "initdb").exists()), None)


def empty_database(url: str) -> None:
    """Drop everything in the database."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


def _start(
    binaries: Path, folder: Path, port: int, log: Any, identity: dict[str, Any]
) -> "subprocess.Popen[bytes]":
    data = str(folder / "data")
    subprocess.run(
        [str(binaries / "initdb"), "-D", data, "-U", "archive", "--auth=trust", "--no-sync"],
        stdout=log, stderr=log, check=True, cwd=folder, **identity,
    )  # fmt: skip
    command = [
        str(binaries / "postgres"), "-D", data, "-p", str(port), "-c", "fsync=off",
        "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdout=log, stderr=log, cwd=folder, preexec_fn=make_child_setup(), **identity
    )


def _give_away(folder: Path) -> dict[str, Any]:
    """Give `folder` to the user to run as, since PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    users = {user.pw_name: user for user in pwd.getpwall()}
    user = next(users[name] for name in _UNPRIVILEGED if name in users)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _is_serving(url: str) -> bool:
    engine = create_engine(url)
    try:
        engine.connect().close()
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()
    return True
