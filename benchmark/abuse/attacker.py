"""`python -m benchmark.abuse.attacker NAME …`: the attacker's process.

It takes the lowest priority: an attacker elsewhere would not take the traders' processors.
"""

import argparse
import asyncio
import os
import sys
import time

from benchmark.abuse.attacks import ATTACKS
from benchmark.abuse.sockets import Victims

_LOWEST_PRIORITY = 19


def main() -> int:
    """Attack for so many seconds, and print how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=ATTACKS)
    parser.add_argument("gateway")
    parser.add_argument("feed")
    parser.add_argument("key")
    parser.add_argument("seconds", type=float)
    arguments = parser.parse_args()
    os.nice(_LOWEST_PRIORITY)
    until = time.monotonic() + arguments.seconds
    victims = Victims(arguments.gateway, arguments.feed, until, arguments.key)
    print(asyncio.run(ATTACKS[arguments.name].run(victims)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
