"""Simulated traders: seeded populations that quote and take in an exchange, like anybody else.

In: an exchange's gateway, a market of `markets.toml`, a seed. Out: orders under accounts of their
own. May import `protocol` and `goquant`; nothing of ours imports it but `goquant.testing`, when a
flow is asked for. No actor reads a clock, and each has a stream of random numbers of its own, so
that the same seed makes the same orders.
"""
