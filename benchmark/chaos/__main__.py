"""Kill everything again and again under load, then count what was lost or matched twice."""

import sys

from benchmark.chaos.run import main

if __name__ == "__main__":
    sys.exit(main())
