"""The archive: rows a second at full speed, lag beside the running system, answers at any size."""

import argparse
import sys
import tempfile
from pathlib import Path

from archive.database import open_database, open_for_queries
from archive.queries import Archive
from archive.records import name_exchange
from benchmark.archive.history import fill_history, rewind
from benchmark.archive.queries import measure_queries
from benchmark.archive.run import (
    Lag,
    catch_up,
    commit_all,
    count_rows,
    measure_lag,
    run_durable_redis,
    run_module,
)
from benchmark.shared.figures import Figures, add_json_option, name_latency, write_figures
from benchmark.shared.machine import describe_machine, describe_redis
from benchmark.shared.order_entries import make_entries
from engine.storage.state import load_id_key
from protocol.instrument import parse_instruments
from protocol.settings import Settings
from tests.support.ports import find_free_port
from tests.support.redis_client import open_redis

KEEPS_UP_RATE = 5000
_ENOUGH = 0.9
"""The share of the rate that must be archived by when the last command is."""


def main() -> int:
    """Run the command line; exit status 1 if the archive does not keep up."""
    arguments = _parse_arguments()
    figures: Figures = {}
    print(describe_machine())
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        url = arguments.database_url or f"sqlite:///{folder}/archive.sqlite3"
        keeps_up = _measure_speed(Path(folder), url, arguments, figures)
    if arguments.history:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            keeps_up &= _measure_history(Path(folder), arguments, figures)
    write_figures(arguments.json, figures)
    return 0 if keeps_up else 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000, help="of the journal (200,000)")
    parser.add_argument("--seconds", type=float, default=15, help="of each rate (15)")
    parser.add_argument("--rates", type=int, nargs="*", default=[1000, KEEPS_UP_RATE])
    parser.add_argument(
        "--history", type=int, default=0, metavar="ORDERS",
        help="also write a history so long, ask it, and go on with it (0)",
    )  # fmt: skip
    parser.add_argument(
        "--quick", action="store_true", help="make the history's indexes after its rows"
    )
    parser.add_argument("--database-url", help="an empty PostgreSQL instead of SQLite in a file")
    parser.add_argument("--folder", help="where the files go meanwhile (the system's own place)")
    add_json_option(parser)
    return parser.parse_args()


def _measure_speed(folder: Path, url: str, arguments: argparse.Namespace, figures: Figures) -> bool:
    with run_durable_redis(folder) as redis_url, open_redis(redis_url) as client:
        print(describe_redis(redis_url))
        environment = {
            "REDIS_URL": redis_url, "DATABASE_URL": url, "DATA_DIR": str(folder),
            "MARKET_DATA_PORT": str(find_free_port()), "BALANCES": "unlimited",
        }  # fmt: skip
        total = arguments.orders + int(arguments.seconds * sum(arguments.rates))
        entries = make_entries(total, load_id_key(client))
        with run_module("engine", environment):
            commit_all(client, entries[: arguments.orders])
            seconds = catch_up(client, environment)
            figures["catching up: commands a second"] = arguments.orders / seconds
            _print_speed(arguments.orders, seconds, count_rows(url))
            feed = run_module("market_data", environment)
            with feed, run_module("archive", environment) as archive:
                at, rates = arguments.orders, []
                for rate in arguments.rates:
                    part = entries[at : at + int(rate * arguments.seconds)]
                    at += len(part)
                    lag = measure_lag(client, archive, part, rate)
                    rates.append(lag.rate / rate)
                    figures |= _report_lag(f"{rate} a second", rate, lag)
    return min(rates, default=1.0) > _ENOUGH


def _print_speed(commands: int, seconds: float, rows: dict[str, int]) -> None:
    told = ", ".join(f"{count:,} {table}" for table, count in rows.items())
    print(f"\ncatching up: {commands / seconds:,.0f} commands/s, of which came {told}:")
    print(f"{sum(rows.values()) / seconds:,.0f} new rows/s, and changed orders besides")
    print("\nfrom the engine's commit to the archive's, beside Redis, engine and feed:")


def _measure_history(folder: Path, arguments: argparse.Namespace, figures: Figures) -> bool:
    """Write a history, ask it, and follow on top of it; return whether the archive keeps up."""
    url, orders = f"sqlite:///{folder}/history.sqlite3", arguments.history
    with run_durable_redis(folder) as redis_url, open_redis(redis_url) as client:
        id_key = load_id_key(client)
        database = open_database(url)
        # not the instrument that is traded below, whose trade ids begin at 1
        instrument = list(parse_instruments(Settings().instruments_file.read_text()).values())[1]
        name = name_exchange(id_key.hex().encode())
        first, *_, last = fill_history(database, name, instrument, orders, is_quick=arguments.quick)
        print(f"\n{orders:,} orders, the first and the last tenth written at", end=" ")
        print(" and ".join(f"{pace[0]:,.0f}/s, {pace[1]:.0f} us of CPU" for pace in (first, last)))
        archive = Archive(open_for_queries(url))
        for question, latency in measure_queries(archive, instrument.symbol, orders):
            print(f"  {question:<36}{latency}")
            figures |= name_latency(question, latency)
        archive.close()
        rewind(database, orders)
        database.dispose()
        entries = make_entries(int(KEEPS_UP_RATE * (arguments.seconds + 1)), id_key)
        environment = {
            "REDIS_URL": redis_url, "DATABASE_URL": url, "DATA_DIR": str(folder),
            "BALANCES": "unlimited",
        }  # fmt: skip
        with run_module("engine", environment), run_module("archive", environment) as archiving:
            commit_all(client, entries[:KEEPS_UP_RATE])
            lag = measure_lag(client, archiving, entries[KEEPS_UP_RATE:], KEEPS_UP_RATE)
        figures |= _report_lag(f"{KEEPS_UP_RATE} a second onto a history", KEEPS_UP_RATE, lag)
    return lag.rate / KEEPS_UP_RATE > _ENOUGH


def _report_lag(name: str, rate: int, lag: Lag) -> Figures:
    print(
        f"{rate:>6,} commands/s: {lag.late}   at most {lag.most_sequences:,} behind"
        f"   {lag.cpu_share:.0%} of a core"
    )
    cost = {f"{name}: us of CPU a command": lag.cpu_share / lag.rate * 1e6}
    return name_latency(f"{name}: lag", lag.late) | cost


if __name__ == "__main__":
    sys.exit(main())
