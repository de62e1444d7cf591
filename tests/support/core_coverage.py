"""Line coverage of the compiled core: `python -m tests.support.core_coverage`.

Copies the project to `build/coverage`, builds the core there with bounds checks and line tracing,
runs the core's tests on it and reports the lines that they reach; exit status 2 below 99 %.
"""

import sys
from types import SimpleNamespace
from typing import Any, Final

from Cython.Coverage import Plugin

from tests.support.project_copy import ProjectCopy

MAIN_SOURCE: Final = "engine/core/compiled/matcher.pyx"
LEAST: Final = 99
PROPERTIES: Final = (
    *("auditor", "differential", "generated", "joined_commands", "ledger", "ledger_generated"),
    *("recorded_flow", "replays"),
)
TESTS: Final = (
    *("tests/unit/engine/core", "tests/scenarios"),
    *(f"tests/property/test_{name}.py" for name in PROPERTIES),
    *("--commands", "20000", "--timeout", "0", "-p", "no:cacheprovider", "-p", "no:goquant", "-q"),
)
# The header of an inline function is no step of its own, and is never traced.
SETTINGS: Final = """
[run]
plugins = tests.support.core_coverage
include = engine/core/compiled/*
[report]
omit = *.py
exclude_lines =
    ^cdef inline
"""


class CorePlugin(Plugin):
    """Cython's plugin, told where the `.pxd` files of the core were compiled into."""

    _report: Any = Plugin.file_reporter

    def file_reporter(self, filename: str) -> Any:
        if self._c_files_map is None:
            self._report(MAIN_SOURCE)
        return self._report(filename)


def coverage_init(registry: Any, options: SimpleNamespace) -> None:
    """Called by coverage for the plugin that SETTINGS name."""
    del options
    plugin = CorePlugin()
    registry.add_configurer(plugin)
    registry.add_file_tracer(plugin)


def main() -> int:
    copy = ProjectCopy("coverage")
    copy.make()
    (copy.folder / ".coveragerc").write_text(SETTINGS)
    return (
        copy.run("setup.py", "-q", "build_ext", "--inplace", ENGINE_DEBUG="1")
        or copy.run("-m", "coverage", "run", "-m", "pytest", *TESTS, ENGINE_DEBUG="1")
        or copy.run("-m", "coverage", "report", "--show-missing", f"--fail-under={LEAST}")
    )


if __name__ == "__main__":
    sys.exit(main())
