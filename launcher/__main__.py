"""`python -m launcher`: start the exchange in this environment, without the set-up.

For programs that start one of their own. On standard output stands one line, once it is ready.
"""

import sys

from launcher.commands import run_command
from launcher.setup.command_line import parse_arguments

if __name__ == "__main__":
    sys.exit(run_command(parse_arguments(["start", "--json"])))
