"""Report what a load showed: numbers, tables, pictures, and what its limit was.

In: what `load.watching` noted. Out: text, JSON, SVG.
"""
