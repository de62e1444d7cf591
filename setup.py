"""Builds the compiled core. All metadata is in pyproject.toml.

Without a C compiler the build goes on with a warning, and the plain-Python core serves instead.
ENGINE_DEBUG=1 builds with bounds checks, line tracing and annotation.
"""

import os

from Cython.Build import build_ext, cythonize
from setuptools import Extension, setup

debug = os.environ.get("ENGINE_DEBUG") == "1"


class BuildIfPossible(build_ext):
    """Goes on without an extension that cannot be compiled."""

    def build_extension(self, extension):
        """Compile one extension, or warn."""
        try:
            super().build_extension(extension)
        except Exception as error:  # noqa: BLE001 - each compiler fails in a way of its own
            self.warn(f"no compiled core, plain Python will serve instead: {error}")


core = Extension(
    "engine.core.matcher",
    ["engine/core/matcher.pyx"],
    optional=True,
    extra_compile_args=["-O0", "-g"] if debug else ["-O3"],
    define_macros=[("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1")] if debug else [],
)
directives = {
    "language_level": "3",
    "boundscheck": debug,
    "wraparound": debug,
    "initializedcheck": debug,
    "cdivision": not debug,
    "autotestdict": False,
    "linetrace": debug,
    "profile": debug,
}
setup(
    ext_modules=cythonize([core], annotate=debug, compiler_directives=directives),
    cmdclass={"build_ext": BuildIfPossible},
)
