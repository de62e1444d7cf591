"""Fuzz the order path against its plain twin: `python -m tests.fuzz --seconds 600`.

Needs clang, and `pip install atheris`: no part of the project's own requirements. The compiled
modules are built in `build/fuzz`, with clang's AddressSanitizer, and with the marks by which the
fuzzer sees where an input leads. What it keeps lies in `build/fuzz-inputs`, and a run goes on from
there; an input that crashes or differs lies in `build/crash-…`. Exit status 1 if there is one.
"""

import argparse
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.support.project_copy import ROOT, ProjectCopy

COMPILER = "clang"
FLAGS = "-fsanitize=address,fuzzer-no-link -O1"
OPTIONS = "detect_leaks=0:quarantine_size_mb=16"
INPUTS = ROOT / "build" / "fuzz-inputs"
LONGEST_INPUT = 4096


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="how long it runs (600)")
    arguments = parser.parse_args()
    spec = find_spec("atheris")
    if spec is None or spec.origin is None or shutil.which(COMPILER) is None:
        sys.exit(f"needs {COMPILER} and atheris: pip install atheris")
    copy = ProjectCopy("fuzz")
    copy.make()
    build = {"CC": COMPILER, "CFLAGS": FLAGS, "LDSHARED": f"{COMPILER} -shared"}
    if copy.run("setup.py", "-q", "build_ext", "--inplace", **build):
        return 1
    runtime = Path(spec.origin).parents[1] / "asan_with_fuzzer.so"
    fuzzing = {"LD_PRELOAD": str(runtime), "ASAN_OPTIONS": OPTIONS, "PYTHONMALLOC": "malloc"}
    return copy.run(
        *("-m", "tests.fuzz.order_path", str(INPUTS), f"-max_total_time={arguments.seconds}"),
        *(f"-max_len={LONGEST_INPUT}", f"-artifact_prefix={ROOT / 'build'}/", "-timeout=120"),
        "-rss_limit_mb=0",  # Python collects its garbage late
        **fuzzing,
    )


if __name__ == "__main__":
    sys.exit(main())
