"""Send a load: each step at its scheduled time, whatever became of those before.

In: a plan. Out: the ledger of `load.watching`, filled in.
"""
