"""Measurements: `python -m benchmark` lists them. One package each, and what they share.

A measurement may import `benchmark.shared`, `benchmark.load`, `benchmark.replay`, `tests.support`
and all packages that it measures; `benchmark.shared` imports no measurement. A test may import any
measurement, `tests.support` none.
"""

import os
import sys

# what is measured runs on this machine, which no proxy reaches
_SPARED = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
os.environ["no_proxy"] = ",".join(filter(None, (_SPARED, "localhost,127.0.0.1,::1")))

# `python -m benchmark.…`: this is the first line of ours that runs; the list itself needs nothing
if sys.argv[0] == "-m" and sys.orig_argv[sys.orig_argv.index("-m") + 1] != "benchmark":
    import launcher.setup.python_version  # noqa: F401  # stops a Python that is too old, with one line
    from benchmark.written_help import describe_measurement
    from launcher.setup.bootstrap import ensure_environment

    ensure_environment(extras=("test",), describe=describe_measurement)
