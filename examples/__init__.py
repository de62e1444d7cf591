"""Programs that use the exchange from outside, to begin your own from.

They need what `pip install .` brings, and no server's package.
"""
