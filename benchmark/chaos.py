"""Kills everything again and again under load, then counts what was lost or matched twice."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

    import launcher.setup.python_version  # noqa: F401  # stops a Python that is too old, with one line
    from launcher.setup.bootstrap import ensure_environment

    ensure_environment()

    from benchmark._chaos import main

    sys.exit(main())
