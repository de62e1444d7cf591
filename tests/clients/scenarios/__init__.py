"""What is done with each client, in its own environment: no other package is there.

Each is run as `python -m tests.clients.scenarios.NAME RECIPE OTHER`: two files with the client's
recipe, for two accounts.
"""
