"""Whether twice the load that the system can carry leaves its memory bounded."""

import argparse
import sys

from benchmark.overload.run import WAYS, overload_system
from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine


def main() -> int:
    """Run the command line; exit status 1 if an order is missing or `verify` finds anything."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of the load (60)")
    parser.add_argument(
        "--saturate", type=float, default=6, help="seconds to find the capacity in (6)"
    )
    parser.add_argument("--times", type=float, default=2, help="the load, times the capacity (2)")
    parser.add_argument("--way", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--maxmemory", default="512mb", help="Redis's limit (512mb)")
    add_json_option(parser)
    arguments = parser.parse_args()
    print(describe_machine())
    figures: Figures = {}
    status = max(overload_system(way, arguments, figures) for way in arguments.way)
    write_figures(arguments.json, figures)
    return status


if __name__ == "__main__":
    sys.exit(main())
