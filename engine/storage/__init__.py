"""What a serving engine has on Redis, with its Lua scripts, and the files of its owner.

In: a batch to commit, a snapshot to keep. Out: entries of the list, the stored state, and after any
doubt the recovered exchange. May import `engine.exchange`, `engine.core` and `protocol`.
"""
