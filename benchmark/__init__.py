"""Measurements: `python -m benchmark` lists them."""

import sys

if sys.argv[0] == "-m":  # `python -m benchmark.…`: this is the first line of ours that runs
    import launcher.python_version  # noqa: F401  # stops a Python that is too old, with one line
    from launcher.bootstrap import ensure_environment

    ensure_environment(extras=("test",))
