"""The plain-Python twin of the compiled core: the oracle of the tests, and the fallback.

The same commands give the same events, state hash and saved bytes as there. May import the codes
and the saved form from `engine.core`, and sortedcontainers.
"""
