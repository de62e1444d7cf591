"""Streams: what happens, told to whoever reads it, encoded once for each form.

In: the feed's events, time, and an account's reports. Out: frames. May import `market`, `account`,
the feed's fan-out and `words`.
"""
