"""Start the exchange: `python start_system.py`; `--help` lists the sub-commands."""

import sys

import launcher.setup.python_version  # noqa: F401  # stops a Python that is too old, with one line
from launcher.setup.bootstrap import ensure_environment
from launcher.setup.command_line import parse_arguments

if __name__ == "__main__":
    arguments = parse_arguments()
    ensure_environment()

    from launcher.commands import run_command

    sys.exit(run_command(arguments))
