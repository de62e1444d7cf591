"""The engine's command line and wiring: `python -m engine [--shard N] [--standby] [verify …]`."""

import argparse
import logging
import signal
import sys
from functools import cache

from msgspec.structs import replace
from pydantic import ValidationError

from engine.clock import Clock
from engine.crash_mark import collect_crashes, mark_crashes, remove_own_mark
from engine.exchange.exchange import CORE
from engine.service import Limits, Service
from engine.storage.journal import JournalDamaged
from engine.storage.redis_client import check_url, connect_redis
from engine.storage.state import Birth, StateConflict
from protocol.assets import AssetSpecification, LedgerSettings, parse_assets
from protocol.exchange_clock import ClockMode
from protocol.instrument import Instrument, list_shards, parse_instruments
from protocol.logs import start_logging
from protocol.machine_clocks import open_machine_clocks
from protocol.settings import Settings, check_shards, describe_bad_settings
from protocol.shards import ShardNames, name_shard

logger = logging.getLogger("engine")


def main() -> int:
    """Serve, or look back if the command line says so; return the exit status."""
    arguments = _parse_command()
    try:
        settings = Settings()
        text = settings.instruments_file.read_text()
        instruments = list(parse_instruments(text).values())
        assets = parse_assets(text, instruments)
    except ValidationError as error:
        print(f"engine: {describe_bad_settings(error)}", file=sys.stderr)  # noqa: T201
        return 1
    except (ValueError, OSError) as error:
        print(f"engine: {error}", file=sys.stderr)  # noqa: T201
        return 1
    if arguments and arguments.command:
        from engine.command_line import look_back

        return look_back(arguments, settings)
    shard = (arguments and arguments.shard) or 1
    is_standby = bool(arguments and arguments.standby)
    try:
        check_standby(settings, is_standby=is_standby)
        names = name_shard(shard, is_clustered=check_url(settings.effective_redis_url))
        check_shards(settings, list_shards(instruments))
        own = choose_instruments(instruments, shard)
        ledger = make_ledger(settings, assets, own, shard)
    except ValueError as error:
        print(f"engine: {error}", file=sys.stderr)  # noqa: T201
        return 1
    has_shards = len(own) < len(instruments)
    birth = Birth(
        ClockMode.parse(settings.clock), settings.ephemeral == "on", settings.seed, has_shards
    )
    return serve(settings, own, ledger, names, birth, is_standby=is_standby)


def _parse_command() -> argparse.Namespace | None:
    """Parse the command line; None if it is empty: an engine that serves has no audit in it."""
    if not sys.argv[1:]:
        return None
    from engine.command_line import parse_arguments

    return parse_arguments(sys.argv[1:])


def choose_instruments(instruments: list[Instrument], shard: int) -> list[Instrument]:
    """Choose those of a shard; raise ValueError if it has none."""
    own = [instrument for instrument in instruments if instrument.shard == shard]
    if not own:
        shards = ", ".join(map(str, list_shards(instruments)))
        raise ValueError(f"--shard {shard}: the instruments have {shards}")
    return own


def make_ledger(
    settings: Settings, assets: list[AssetSpecification], own: list[Instrument], shard: int
) -> LedgerSettings:
    """Return the settings of the shard's ledger; accounts open with something on the first alone.

    Raises ValueError for fees that are not usable.
    """
    if shard != 1:
        assets = [replace(asset, starting_balance="0") for asset in assets]
    return LedgerSettings.of(settings.balances, assets, own, settings.max_accounts)


def check_standby(settings: Settings, *, is_standby: bool) -> None:
    """Raise ValueError for a standby of an exchange that can begin anew, which it cannot follow."""
    if is_standby and settings.ephemeral == "on":
        raise ValueError("EPHEMERAL=on: not with --standby, set it to off")


def serve(
    settings: Settings,
    instruments: list[Instrument],
    ledger: LedgerSettings,
    names: ShardNames,
    birth: Birth,
    *,
    is_standby: bool = False,
) -> int:
    """Serve until SIGTERM or SIGINT; return 1 if only an operator can help."""
    start_logging(names.process, settings.log_level, settings.log_format)
    logger.info("the %s core serves", CORE)
    is_after_crash = collect_crashes(settings.data_dir, names.file_prefix)
    mark_crashes(settings.data_dir, names.file_prefix)
    url = settings.effective_redis_url
    service = Service(
        lambda: connect_redis(url, names),
        instruments,
        Clock(open_machine_clocks()),
        Limits(
            settings.max_batch,
            settings.closed_orders,
            settings.snapshot_interval,
            settings.max_open_orders,
        ),
        is_after_crash,
        settings.data_dir,
        ledger,
        settings.redis_durability,
        birth,
        names,
        is_standby=is_standby,
        reach=cache(lambda other: connect_redis(url, other)) if names.is_clustered else None,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    try:
        service.run()
    except (StateConflict, JournalDamaged) as error:
        logger.critical("%s", error)
        return 1
    finally:
        remove_own_mark(settings.data_dir, names.file_prefix)
    return 0


if __name__ == "__main__":
    sys.exit(main())
