"""Part of the order path's tests under AddressSanitizer: `python -m tests.support.path_sanitizer`.

Copies the project to `build/sanitizer`, builds what is compiled there with gcc's sanitizer, and
runs the tests that send entries both ways. Python's own memory comes from malloc, so that what is
read or written beyond any object's end is seen. Exit status 1 if gcc has no sanitizer.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.support.project_copy import ProjectCopy

FLAGS: Final = "-fsanitize=address -O1 -fno-omit-frame-pointer"
TESTS: Final = (
    *("tests/unit/engine/test_short_way.py", "tests/property/test_order_path.py"),
    "tests/property/test_placed_orders.py",
    *("--commands", "20000", "--timeout", "0", "-p", "no:cacheprovider", "-p", "no:goquant", "-q"),
)


def find_runtime() -> str | None:
    """Find the sanitizer's library, which has to be loaded before Python."""
    asked = ["gcc", "-print-file-name=libasan.so"]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return str(Path(found).resolve()) if Path(found).is_absolute() else None


def main() -> int:
    runtime = find_runtime()
    if runtime is None:
        sys.exit("gcc has no AddressSanitizer: install libasan")
    copy = ProjectCopy("sanitizer")
    copy.make()
    build = {"CC": "gcc", "CFLAGS": FLAGS}  # by which the tests know the build, too
    environment = {
        **build,
        "LD_PRELOAD": runtime,
        "ASAN_OPTIONS": "detect_leaks=0",  # Python keeps what it needs to its end
        "PYTHONMALLOC": "malloc",
    }
    return copy.run("setup.py", "-q", "build_ext", "--inplace", **build) or copy.run(
        "-m", "pytest", *TESTS, **environment
    )


if __name__ == "__main__":
    sys.exit(main())
