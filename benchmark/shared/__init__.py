"""What several measurements need: processes, clocks, percentiles, order flow, figures in files.

May import `tests.support` and the packages, and no measurement.
"""
