"""`python -m tests [pytest arguments]`: sets up at need, then runs the tests, several at a time.

PATH or PATH::NAME runs one file or one test, -k EXPRESSION those whose name fits, -x stops at the
first that fails, -n 0 runs one at a time.

--topology 3x3 runs the suites of system, gateway, feed and archive on clusters of three primaries
and six replicas, with a shard for each instrument; what cannot be there is skipped, and says why
(tests/support/topology.py).
"""

import sys

import launcher.setup.python_version  # noqa: F401  # stops a Python that is too old, with one line
from launcher.setup.bootstrap import ensure_environment

if __name__ == "__main__":
    ensure_environment(extras=("test",), describe=lambda: str(__doc__))

    import pytest

    from tests.support.workers import choose_workers

    arguments = sys.argv[1:]
    sys.exit(pytest.main([*choose_workers(arguments), *arguments]))
