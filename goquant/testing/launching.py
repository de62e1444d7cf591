"""Start an exchange of one's own, and have it end with the process that uses it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from goquant.testing.exchange import Exchange

_MEMORY = Path("/dev/shm")  # noqa: S108 - only its folders are used that `mkdtemp` makes
_KEPT = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR", "ENGINE_CORE")
"""All else may be settings of an exchange that the user runs beside their tests."""


class ExchangeFailed(Exception):
    """The exchange did not start; the message has the end of its log."""


def find_memory() -> Path | None:
    """Return a folder for folders in memory; None if there is none, or TMPDIR says where to be."""
    is_wanted = "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK)
    return _MEMORY if is_wanted else None


@contextmanager
def exchange(*, clock: str = "manual", **settings: str) -> Iterator[Exchange]:
    """Run an exchange as long as the context, on free ports, in a folder in memory or in TMPDIR.

    `clock` is `manual`, `real` or a factor such as `60x`; `settings` are those of `.env.example`,
    in small letters. Raises ExchangeFailed if it does not start.
    """
    folder = tempfile.mkdtemp(prefix="goquant-", dir=find_memory())
    keeper = subprocess.Popen(
        [sys.executable, "-m", "goquant.testing.keeper", folder],
        env=_make_environment(folder, {"clock": clock, **settings}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        line = keeper.stdout.readline()
        if not line:
            raise ExchangeFailed(_read_log(folder))
        ready = json.loads(line)
        with Exchange(
            ready["gateway_url"], ready["market_data_url"], ready["binance_url"]
        ) as running:
            yield running
    finally:
        keeper.stdin.close()
        keeper.wait()
        keeper.stdout.close()


def _make_environment(folder: str, settings: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    own = {
        "DATA_DIR": f"{folder}/data",
        "GATEWAY_PORT": "0",
        "MARKET_DATA_PORT": "0",
        "BINANCE_PORT": "0",
        "EPHEMERAL": "on",
        "FAULTS": "on",
        "AUTH": "off",
    }
    return kept | own | {name.upper(): value for name, value in settings.items()}


def _read_log(folder: str) -> str:
    try:
        return Path(folder, "launcher.log").read_text()[-2000:] or "the exchange did not start"
    except OSError:
        return "the exchange did not start"
