"""Find, configure and start a Redis or Valkey server, or check the one that the user named.

In: the settings. Out: a service to supervise, or what a named server may lose. May import
`launcher.supervision`, `launcher.setup`, `launcher.settings` and `protocol`.
"""
