"""Turn list entries into commands, run them on the exchange, and gather what becomes of them.

In: the raw entries of one batch, from `engine.service`. Out: a `Batch` with the journal entry, the
messages and the replies of one commit. A function of state and command: no clock, no Redis, no
threads. May import `engine.core` and `protocol`.
"""
