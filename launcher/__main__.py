"""`python -m launcher`: start the exchange in this environment, without the set-up.

For programs that start one of their own. On standard output stands one line, once it is ready.
"""

import argparse
import sys

from launcher.commands import run_command

_START = argparse.Namespace(command=None, json=True, market=None, standby=False, cluster=None)

if __name__ == "__main__":
    sys.exit(run_command(_START))
