"""Run what the command line asks for."""

import argparse
import os
import sys

from launcher.cluster_shape import check_shape
from launcher.data_folder import DataFolder
from launcher.redis_commands import run_redis_command
from launcher.reset import reset_system
from launcher.service_choice import check_services
from launcher.services import read_shards
from launcher.settings import LauncherSettings, read_settings
from launcher.setup.environment import ROOT
from launcher.setup.errors import LaunchError
from launcher.start import start_system
from launcher.status import show_status
from launcher.supervision.run_file import RunRecord, find_running_system
from protocol.enums import MarketName


def run_command(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status; an error is one line.

    Relative paths in the settings are relative to the repository.
    """
    os.chdir(ROOT)
    try:
        status = _dispatch(arguments, read_settings())
        sys.stdout.flush()
    except LaunchError as error:
        print(f"goquant: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("goquant: interrupted", file=sys.stderr)
    except BrokenPipeError:  # as in `status | head -3`; the flush at exit must not fail either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    else:
        return status
    return 1


def _dispatch(arguments: argparse.Namespace, settings: LauncherSettings) -> int:
    folder = DataFolder(settings.data_dir)
    match arguments.command:
        case "status":
            return show_status(_require_running(folder))
        case "check":
            from launcher.check.checks import run_checks  # its HTTP client is slow to import

            key = arguments.api_key or settings.check_api_key
            secret = arguments.api_secret or settings.check_api_secret
            return run_checks(_require_whole(folder), settings, key, secret)
        case "reset":
            return reset_system(settings, yes=arguments.yes)
        case "redis":
            lines = getattr(arguments, "lines", 0)
            is_sharded = arguments.action == "users" and len(read_shards(settings)) > 1
            return run_redis_command(
                folder, arguments.action, lines=lines, yes=arguments.yes, is_sharded=is_sharded
            )
        case _:
            return start_system(_choose(settings, arguments), prints_json=arguments.json)


def _choose(settings: LauncherSettings, arguments: argparse.Namespace) -> LauncherSettings:
    """Return the settings with what the command line says in their place."""
    chosen: dict[str, object] = {}
    if arguments.market is not None:
        chosen["market"] = MarketName(arguments.market)
    if arguments.standby:
        chosen["standbys"] = max(1, settings.standbys)
    for option, name, check in (
        ("cluster", "redis_cluster", check_shape), ("only", "only_services", check_services),
    ):  # fmt: skip
        if (text := getattr(arguments, option)) is not None:
            try:
                chosen[name] = check(text)
            except ValueError as error:
                raise LaunchError(f"--{option} {error}") from None
    return settings.model_copy(update=chosen)


def _require_whole(folder: DataFolder) -> RunRecord:
    record = _require_running(folder)
    if not record.gateway_url or not record.market_data_url:
        raise LaunchError("check needs the gateway and the market data, which run elsewhere")
    return record


def _require_running(folder: DataFolder) -> RunRecord:
    record = find_running_system(folder.path)
    if record is None:
        raise LaunchError(
            f"no system is running on {folder.path}; start one with: python start_system.py"
        )
    return record
