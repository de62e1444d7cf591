"""The exchange for tests: a recorded hour with a bot in it, how fast it is ready, a day of it."""
