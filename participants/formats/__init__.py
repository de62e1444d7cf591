"""Recorded markets as others write them: a module a format, each to the same few records.

In: files. Out: `records`, in ticks and lots. Knows the protocol alone: no exchange, no clock.
"""
