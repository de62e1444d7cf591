"""What `start_system.py` does: set up, start a Redis and the services, supervise them, stop them.

In: the command line and the settings. Out: a running exchange, or what a sub-command prints. The
modules here are the commands and what several of them need; from the top down: the commands, then
`check`, `redis`, `supervision`, `setup`, each of which may import those after it. Until
`setup.bootstrap.ensure_environment` has run, an entry may import `setup` alone.
"""
