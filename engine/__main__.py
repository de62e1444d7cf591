"""The engine's command line and wiring: `python -m engine [verify|show]`."""

import argparse
import logging
import signal
import sys

from pydantic import ValidationError

from engine.clock import Clock, open_machine_clocks
from engine.crash_mark import collect_crashes, mark_crashes, remove_own_mark
from engine.exchange.exchange import CORE
from engine.service import Limits, Service
from engine.storage.journal import JournalDamaged
from engine.storage.redis_client import connect_redis
from engine.storage.state import StateConflict
from protocol.assets import LedgerSettings, parse_assets
from protocol.instrument import Instrument, parse_instruments
from protocol.logs import start_logging
from protocol.settings import Settings, describe_bad_settings

logger = logging.getLogger("engine")


def main() -> int:
    """Serve, or look back if the command line says so; return the exit status."""
    arguments = _parse_command()
    try:
        settings = Settings()
        text = settings.instruments_file.read_text()
        instruments = list(parse_instruments(text).values())
        ledger = LedgerSettings.of(
            settings.balances, parse_assets(text, instruments), instruments, settings.max_accounts
        )
    except ValidationError as error:
        print(f"engine: {describe_bad_settings(error)}", file=sys.stderr)  # noqa: T201
        return 1
    except (ValueError, OSError) as error:
        print(f"engine: {error}", file=sys.stderr)  # noqa: T201
        return 1
    if arguments:
        from engine.command_line import look_back

        return look_back(arguments, settings)
    return serve(settings, instruments, ledger)


def _parse_command() -> argparse.Namespace | None:
    """Parse the command line; None if it is empty: an engine that serves has no audit in it."""
    if not sys.argv[1:]:
        return None
    from engine.command_line import parse_arguments

    return parse_arguments(sys.argv[1:])


def serve(settings: Settings, instruments: list[Instrument], ledger: LedgerSettings) -> int:
    """Serve until SIGTERM or SIGINT; return 1 if only an operator can help."""
    start_logging("engine", settings.log_level, settings.log_format)
    logger.info("the %s core serves", CORE)
    is_after_crash = collect_crashes(settings.data_dir)
    mark_crashes(settings.data_dir)
    service = Service(
        lambda: connect_redis(settings.effective_redis_url),
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
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    try:
        service.run()
    except (StateConflict, JournalDamaged) as error:
        logger.critical("%s", error)
        return 1
    finally:
        remove_own_mark(settings.data_dir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
