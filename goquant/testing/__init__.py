"""A whole exchange for the tests of a user's program: a pytest plugin, and `goquant.exchange`."""
