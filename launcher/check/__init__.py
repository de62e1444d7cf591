"""The sub-command `check`: a round trip of real orders through the running system.

In: the addresses of a system. Out: a line for each check. May import `launcher.redis`,
`launcher.supervision`, `launcher.settings`, `launcher.setup` and `protocol`.
"""
