"""The sub-command `check`: a round trip of real orders through the running system.

In: the addresses of a system. Out: a line for each way that was tried. May import the rest of the
launcher but the commands.
"""
