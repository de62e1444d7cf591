"""What several measurements need: processes, clocks, percentiles, order flow, figures in files.

In: whatever a measurement asks for. Out: data and processes; it prints nothing. May import
`tests.support` and the packages, and no measurement.
"""
