"""More than 1,000 orders a second: posts orders to the running system and watches the feed."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

    import launcher.setup.python_version  # noqa: F401  # stops a Python that is too old, with one line
    from benchmark.load.options import parse_arguments
    from launcher.setup.bootstrap import ensure_environment

    parse_arguments()  # help, or a bad option, needs no set-up
    ensure_environment(extras=("benchmark",))

    from benchmark.load.command_line import main

    sys.exit(main())
