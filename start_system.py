"""Starts the exchange: `python start_system.py`; `--help` lists the sub-commands."""

import sys

import launcher.python_version  # noqa: F401  # stops a Python that is too old, with one line
from launcher.bootstrap import ensure_environment
from launcher.command_line import parse_arguments

if __name__ == "__main__":
    arguments = parse_arguments()
    ensure_environment()

    from launcher.commands import run_command

    sys.exit(run_command(arguments))
