"""Find, check, configure and start a Redis or Valkey server, or check the one that was named.

In: the settings. Out: the address of a server whose promises are known. May import
`launcher.supervision`, `launcher.setup` and `protocol`.
"""
