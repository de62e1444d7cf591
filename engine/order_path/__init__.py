"""From an entry of the list to all that it causes.

In: the raw entries of one batch, from `engine.service`. Out: a `Batch` with the journal entry, the
messages and the replies of one commit. `handler` takes whatever there is, in plain Python, by the
rules in `engine.exchange`; `path` takes what most entries are in C, to the same bytes. May import
`engine.exchange`, `engine.core` and `protocol`.
"""
