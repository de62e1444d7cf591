"""`python -m archive` follows the journal; `python -m archive export` writes a file."""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from archive.database import UnusableDatabase, open_database
from archive.exchange_check import OtherExchange
from archive.export import add_export, export
from archive.follower import EPHEMERAL_GATHERING, GATHERING, Follower
from archive.journal import (
    BLOCK_MILLISECONDS,
    EPHEMERAL_BLOCK_MILLISECONDS,
    Journal,
    JournalDamaged,
)
from archive.retention import Retention
from archive.settings import ArchiveSettings
from archive.versions import NewerDatabase
from cluster.address import is_cluster
from cluster.blocking import open_primary
from protocol.instrument import list_shards, parse_instruments
from protocol.logs import start_logging
from protocol.settings import describe_bad_settings
from protocol.shards import FIRST, ShardNames, name_shard

SOCKET_TIMEOUT_SECONDS = 10
CLUSTER_SOCKET_TIMEOUT_SECONDS = 3

logger = logging.getLogger("archive")


def main() -> int:
    """Run what the command line asks for; return 1 if only an operator can help."""
    arguments = _parse_arguments()
    try:
        settings = ArchiveSettings()
        start_logging("archive", settings.log_level, settings.log_format)
        if arguments.command == "export":
            return export(arguments, settings.effective_database_url)
        return follow(settings)
    except ValidationError as error:
        sys.stderr.write(f"archive: {describe_bad_settings(error)}\n")
    except (UnusableDatabase, OSError, ValueError) as error:
        sys.stderr.write(f"archive: {error}\n")
    return 1


_DESCRIPTION = """\
Keeps the exchange's orders, fills, trades, candles and balances in a database. Without a command it
follows the journal of the running system until Ctrl-C, as start_system.py has it do already."""
_EXAMPLES = """\
DATABASE_URL names the database, by default a SQLite file in DATA_DIR; all settings are in
.env.example.

examples:
  python -m archive export --table trades --symbol BTC-USDT trades.csv
  python -m archive export --table candles --interval 1h --from 2026-01-31 hours.parquet
  python -m archive export --table orders - | grep rejected
  python -m archive export --help
"""


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m archive",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    export_parser = commands.add_parser(
        "export",
        help="write orders, fills, trades, candles, balances, … to a CSV or Parquet file",
        description="Writes a table, or a part of it, to a file; the system may run meanwhile.",
    )
    add_export(export_parser)
    return parser.parse_args()


def follow(settings: ArchiveSettings) -> int:
    """Follow the journal until SIGTERM or SIGINT."""
    database = open_database(settings.effective_database_url)
    retention = Retention(
        database,
        settings.archive_retention_days,
        settings.archive_retention_rows,
    )
    is_ephemeral = settings.ephemeral == "on"
    block = EPHEMERAL_BLOCK_MILLISECONDS if is_ephemeral else BLOCK_MILLISECONDS
    gathering = EPHEMERAL_GATHERING if is_ephemeral else GATHERING
    instruments = parse_instruments(settings.instruments_file.read_text())
    clients: list[Redis] = []
    journals = []
    for names in _name_shards(settings.effective_redis_url, list_shards(instruments.values())):
        if names.is_clustered or not clients:
            clients.append(connect_redis(settings.effective_redis_url, names))
        journals.append(Journal(clients[-1], block, names))
    follower = Follower(journals, database, retention, gathering)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: follower.stop())
    try:
        follower.run()
    except (OtherExchange, NewerDatabase, JournalDamaged) as error:
        logger.critical("%s", error)
        return 1
    finally:
        database.dispose()
        for client in clients:
            client.close()
    return 0


def _name_shards(url: str, shards: Sequence[int]) -> list[ShardNames]:
    return [name_shard(shard, is_clustered=is_cluster(url)) for shard in shards]


def connect_redis(url: str, names: ShardNames = FIRST) -> Redis:
    """Make a client that does not repeat commands: the follower does that.

    On a cluster it is one of the primary that has the shard.
    """
    options: dict[str, Any] = {
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "protocol": 2,
    }
    if is_cluster(url):
        options |= {"socket_timeout": CLUSTER_SOCKET_TIMEOUT_SECONDS}
        return open_primary(url, names.order_queue, **options)
    return Redis.from_url(url, **options)


if __name__ == "__main__":
    sys.exit(main())
