"""The archive: rows a second at full speed, lag beside the running system, answers at any size."""

import argparse
import sys
import tempfile
from pathlib import Path

from redis import Redis

from archive.database import open_database, open_for_queries
from archive.queries import Archive
from benchmark._archive_history import fill_history, measure_queries
from benchmark._archive_run import (
    catch_up,
    commit_all,
    count_rows,
    measure_lag,
    run_durable_redis,
    run_module,
)
from benchmark.machine import describe_machine
from benchmark.order_entries import make_entries
from engine.state import load_id_key
from launcher.listening import find_free_port
from protocol.instrument import parse_instruments
from protocol.settings import Settings

KEEPS_UP_RATE = 5000


def main() -> int:
    """Measure all three; exit status 1 where the archive does not keep up."""
    arguments = _parse_arguments()
    print(describe_machine())
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        url = arguments.database_url or f"sqlite:///{folder}/archive.sqlite3"
        keeps_up = _measure_speed(Path(folder), url, arguments)
    if arguments.history:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            _measure_history(f"sqlite:///{folder}/history.sqlite3", arguments.history)
    return 0 if keeps_up else 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000, help="of the journal (200,000)")
    parser.add_argument("--seconds", type=float, default=15, help="of each rate (15)")
    parser.add_argument("--rates", type=int, nargs="*", default=[1000, KEEPS_UP_RATE])
    parser.add_argument(
        "--history", type=int, default=0, metavar="ORDERS", help="also ask a history so long (0)"
    )
    parser.add_argument("--database-url", help="an empty PostgreSQL instead of SQLite in a file")
    parser.add_argument("--folder", help="where the files go meanwhile (the system's own place)")
    return parser.parse_args()


def _measure_speed(folder: Path, url: str, arguments: argparse.Namespace) -> bool:
    with run_durable_redis(folder) as redis_url, Redis.from_url(redis_url) as client:
        environment = {
            "REDIS_URL": redis_url, "DATABASE_URL": url, "DATA_DIR": str(folder),
            "MARKET_DATA_PORT": str(find_free_port()),
        }  # fmt: skip
        total = arguments.orders + int(arguments.seconds * sum(arguments.rates))
        entries = make_entries(total, load_id_key(client))
        with run_module("engine", environment):
            commit_all(client, entries[: arguments.orders])
            _print_speed(arguments.orders, catch_up(client, environment), count_rows(url))
            feed = run_module("market_data", environment)
            with feed, run_module("archive", environment) as archive:
                at, rates = arguments.orders, []
                for rate in arguments.rates:
                    part = entries[at : at + int(rate * arguments.seconds)]
                    at += len(part)
                    lag = measure_lag(client, archive, part, rate)
                    rates.append(lag.rate / rate)
                    print(
                        f"{rate:>6,} commands/s: {lag.late}   at most {lag.most_sequences:,} behind"
                        f"   {lag.cpu_share:.0%} of a core"
                    )
    return min(rates, default=1.0) > 0.9


def _print_speed(commands: int, seconds: float, rows: dict[str, int]) -> None:
    told = ", ".join(f"{count:,} {table}" for table, count in rows.items())
    print(f"\ncatching up: {commands / seconds:,.0f} commands/s, of which came {told}:")
    print(f"{sum(rows.values()) / seconds:,.0f} new rows/s, and changed orders besides")
    print("\nfrom the engine's commit to the archive's, beside Redis, engine and feed:")


def _measure_history(url: str, orders: int) -> None:
    text = Settings().instruments_file.read_text()
    instrument = next(iter(parse_instruments(text).values()))
    database = open_database(url)
    fill_history(database, instrument, orders)
    database.dispose()
    print(f"\n{orders:,} orders:")
    archive = Archive(open_for_queries(url))
    for name, latency in measure_queries(archive, instrument.symbol, orders):
        print(f"  {name:<36}{latency}")
    archive.close()


if __name__ == "__main__":
    sys.exit(main())
