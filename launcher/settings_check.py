"""Check all settings before anything starts: what a service would only say in its log."""

import difflib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator

from dotenv import dotenv_values

from cluster.address import is_cluster
from launcher.environments import make_environment, read_setting
from launcher.service_choice import split_services
from launcher.settings import LauncherSettings
from launcher.setup.compiled_modules import has_compiled_core
from launcher.setup.errors import LaunchError
from protocol.assets import LedgerSettings, parse_assets
from protocol.instrument import list_shards, parse_instruments
from protocol.settings import SERVICE_REDIS_URLS, check_shards

_CORE = "ENGINE_CORE"
_KNOWN = frozenset({_CORE, *(name.upper() for name in LauncherSettings.model_fields)})
_FOR_THE_USER = frozenset({"API_KEY"})
"""What the banner's curl line takes from the environment."""
_NEAR, _NEARER = 0.85, 0.88
"""How like a setting's name another one must be: in `.env`, and among all of the environment."""
_READ_KEYS = """\
import sys
from edge.api_keys import UnusableKeys, read_api_keys
from protocol.settings import Settings
settings = Settings()
try:
    read_api_keys(settings.api_keys_file, settings.api_keys)
except UnusableKeys as error:
    sys.exit(str(error))
"""


def check_settings(settings: LauncherSettings) -> None:
    """Raise LaunchError with a line for each fault."""
    faults = [
        *find_misspelled(dotenv_values(".env"), _NEAR),
        *_check_core(read_setting(_CORE)),
        *_check_redis_urls(settings),
        *_check_standbys(settings),
        *_check_cluster(settings),
        *_check_only(settings),
        *_check_instruments(settings),
        *_check_keys(settings),
    ]
    if faults:
        raise LaunchError("\n".join(faults))


def find_lookalikes() -> Iterator[str]:
    """Say what in the environment is like a setting; it may well be another program's."""
    return find_misspelled(os.environ, _NEARER)


def find_misspelled(names: Iterable[str], likeness: float) -> Iterator[str]:
    """Say which of `names` are no setting, and like one; others are not for us."""
    for name in sorted(set(names)):
        if name.upper() in _KNOWN | _FOR_THE_USER:
            continue
        near = difflib.get_close_matches(name.upper(), _KNOWN, n=1, cutoff=likeness)
        if near:
            yield f"{name} is no setting; did you mean {near[0]}?"


def _check_core(choice: str | None) -> Iterator[str]:
    if choice not in {None, "cython", "python"}:
        yield f"{_CORE}={choice}: use cython or python"
    if choice == "cython" and not has_compiled_core():
        yield f"{_CORE}=cython, but the compiled core is missing; unset it, or get a C compiler"


def _check_redis_urls(settings: LauncherSettings) -> Iterator[str]:
    """Say which services have a URL on a server that nothing names: our own would serve them."""
    urls = [name for name in SERVICE_REDIS_URLS.values() if getattr(settings, name.lower())]
    if urls and settings.named_redis_url is None:
        yield f"{', '.join(urls)}: set REDIS_URL too, the administrator's on the same server"


def _check_standbys(settings: LauncherSettings) -> Iterator[str]:
    if settings.standbys and settings.ephemeral == "on":
        yield f"STANDBYS={settings.standbys}: an exchange with EPHEMERAL=on has none, set it to 0"


def _check_cluster(settings: LauncherSettings) -> Iterator[str]:
    """Say what does not go together with a cluster, named or started here."""
    url = settings.named_redis_url
    if settings.redis_cluster and url is not None:
        yield f"REDIS_CLUSTER={settings.redis_cluster}: REDIS_URL names a Redis already, unset one"
    if not settings.redis_cluster and not is_cluster(url or ""):
        return
    if settings.ephemeral == "on":
        yield "EPHEMERAL=on: not on a cluster, set it to off"


def _check_only(settings: LauncherSettings) -> Iterator[str]:
    """Say what a part of an exchange lacks, the rest of which is on other machines."""
    only = settings.only_services
    if only is None:
        return
    if settings.named_redis_url is None:
        yield f"--only {only}: set REDIS_URL, the Redis or cluster that all machines share"
    asks_archive = any(map(settings.runs, ("gateway", "market-data", "binance")))
    if asks_archive and not settings.runs("archive") and settings.database_url is None:
        yield f"--only {only}: set DATABASE_URL, the database of the archive elsewhere"
    if "binance" in split_services(only) and settings.binance == "off":
        yield f"--only {only}: BINANCE=off, set it to on"
    if settings.market is not None and not settings.runs("gateway"):
        yield f"--market {settings.market}: only where the gateway runs, leave it out"
    if settings.ephemeral == "on":
        yield f"--only {only}: an exchange with EPHEMERAL=on is on one machine, set it to off"


def _check_instruments(settings: LauncherSettings) -> Iterator[str]:
    try:
        text = settings.instruments_file.read_text()
        instruments = list(parse_instruments(text).values())
        yield from _check_shards(settings, list_shards(instruments))
        LedgerSettings.of(settings.balances, parse_assets(text, instruments), instruments)
    except OSError as error:
        yield f"INSTRUMENTS_FILE={settings.instruments_file}: {error.strerror}"
    except ValueError as error:
        yield f"INSTRUMENTS_FILE={settings.instruments_file}: {error}"


def _check_shards(settings: LauncherSettings, shards: list[int]) -> Iterator[str]:
    """Say what is for one shard alone."""
    if len(shards) > 1 and settings.market is not None:
        yield f"--market {settings.market}: not with several shards yet, leave it out"
    try:
        check_shards(settings, shards)
    except ValueError as error:
        yield str(error)


def _check_keys(settings: LauncherSettings) -> Iterator[str]:
    """Have the gateway's own code read them, in a process of its own."""
    if settings.api_keys_file is None and settings.api_keys is None:
        return
    answer = subprocess.run(
        [sys.executable, "-c", _READ_KEYS],
        env=make_environment("order_gateway"),
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        yield answer.stderr.strip().rpartition("\n")[2]
