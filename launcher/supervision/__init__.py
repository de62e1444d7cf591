"""Run services: start them, watch them, start them again, stop them.

In: the services to run. Out: their processes, their logs, and `run.json` for the sub-commands. May
import `launcher.setup` and `protocol`.
"""
