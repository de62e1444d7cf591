"""Look back at what is stored: replay it, check it against the rules, show a book as it was.

In: the journal and the snapshots of a running or stopped exchange. Out: the findings of
`python -m engine verify` and the book of `show`. An engine that serves runs nothing of this. May
import `engine.storage`, `engine.exchange` and what they may.
"""
