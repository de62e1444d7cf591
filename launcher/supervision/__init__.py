"""Run services: start, watch, start again, stop, and know which processes are ours.

In: the services to run. Out: running processes, their logs, and `run.json` for the sub-commands.
May import `launcher.setup` and `protocol`.
"""
