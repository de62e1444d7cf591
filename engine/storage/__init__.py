"""Everything of the engine that talks to Redis, with its Lua scripts, and the files of its owner.

In: a batch to commit, a snapshot to keep. Out: entries, the stored state, the way back after any
doubt (`recovery`). May import `engine.exchange`, `engine.core` and `protocol`.
"""
