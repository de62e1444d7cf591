"""Wiring of the archive: `python -m archive` follows, `… export` writes a file."""

import argparse
import logging
import signal
import sys

from pydantic import ValidationError
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from archive.database import UnusableDatabase, open_database
from archive.exchange import OtherExchange
from archive.export import add_export, export
from archive.follower import Follower
from archive.journal import Journal, JournalDamaged
from archive.retention import Retention
from archive.settings import ArchiveSettings
from archive.versions import NewerDatabase
from protocol.timestamps import now_in_microseconds

SOCKET_TIMEOUT_SECONDS = 10

log = logging.getLogger("archive")


def main() -> int:
    """Run what the command line asks for; exit status 1 where only an operator can help."""
    arguments = _parse_arguments()
    try:
        settings = ArchiveSettings()
        logging.basicConfig(
            format="%(asctime)s %(levelname)s archive: %(message)s",
            level=settings.log_level.upper(),
        )
        if arguments.command == "export":
            return export(arguments, settings.effective_database_url)
        return follow(settings)
    except (ValidationError, UnusableDatabase) as error:
        sys.stderr.write(f"archive: {error}\n")
        return 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m archive", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    add_export(commands.add_parser("export", help="write a table, or a part of it, to a file"))
    return parser.parse_args()


def follow(settings: ArchiveSettings) -> int:
    """Follow the journal until SIGTERM or SIGINT."""
    database = open_database(settings.effective_database_url)
    retention = Retention(
        database,
        settings.archive_retention_days,
        settings.archive_retention_rows,
        now_in_microseconds,
    )
    journal = Journal(connect_redis(settings.effective_redis_url))
    follower = Follower(journal, database, retention)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: follower.stop())
    try:
        follower.run()
    except (OtherExchange, NewerDatabase, JournalDamaged) as error:
        log.critical("%s", error)
        return 1
    finally:
        database.dispose()
        journal.close()
    return 0


def connect_redis(url: str) -> Redis:
    """A client that does not repeat by itself: the loop decides."""
    return Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=SOCKET_TIMEOUT_SECONDS, protocol=2
    )


if __name__ == "__main__":
    sys.exit(main())
