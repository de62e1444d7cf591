"""Builds the compiled core. All metadata is in pyproject.toml.

Without a C compiler the build goes on and the plain-Python core serves instead.
ENGINE_DEBUG=1 builds with bounds checks, line tracing and annotation.
"""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup

debug = os.environ.get("ENGINE_DEBUG") == "1"
extension = Extension(
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
setup(ext_modules=cythonize([extension], annotate=debug, compiler_directives=directives))
