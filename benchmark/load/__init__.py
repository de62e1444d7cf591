"""A load on a whole system: orders at their scheduled times, and what came of them.

In: the options of `performance_test.py`. Out: tables, a JSON file, a picture, an exit status. `run`
sends a load (`sending`) and watches it (`watching`); `reporting` reports what it showed. May import
`benchmark.shared` and `tests.support`.
"""
