"""Look back at what is stored: replay it, check it against the rules, show a book as it was.

In: the journal and the snapshots of a running or stopped exchange. Out: findings, for
`python -m engine verify` and `show`. Nothing here runs while orders are matched. May import
`engine.storage`, `engine.exchange` and what they may.
"""
