"""What attacks cost ordinary traders: milliseconds without and beside each, and their ratio."""

import argparse
import sys

from benchmark.abuse.attacks import ATTACKS
from benchmark.abuse.run import run_attacks
from benchmark.shared.figures import Figures, add_json_option, write_figures
from benchmark.shared.machine import describe_machine


def main() -> int:
    """Run the command line; exit status 1 if an attack makes others slower than it may."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.abuse", description=__doc__)
    parser.add_argument("attacks", nargs="*", metavar="attack", help=", ".join(ATTACKS))
    parser.add_argument("--seconds", type=float, default=4, help="of each attack (4)")
    add_json_option(parser)
    arguments = parser.parse_args()
    if unknown := set(arguments.attacks) - set(ATTACKS):
        parser.error(f"there is no attack {', '.join(sorted(unknown))}: {', '.join(ATTACKS)}")
    print(describe_machine())
    figures: Figures = {}
    status = run_attacks(arguments, figures)
    write_figures(arguments.json, figures)
    return status


if __name__ == "__main__":
    sys.exit(main())
