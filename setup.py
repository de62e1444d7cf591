"""Build the core, and compile the modules that every order passes on its way to it and back.

All metadata is in pyproject.toml. A module is compiled if a `<module>.pxd` with its C types is
beside it. Without a C compiler the build goes on with a warning: the plain-Python core serves, and
these modules run as ordinary Python.
ENGINE_DEBUG=1 builds the core with bounds checks, line tracing and annotation.
"""

import os
from pathlib import Path

from Cython.Build import build_ext, cythonize
from setuptools import Extension, setup

CORE = "engine/core/compiled/matcher.pyx"
ORDER_PATH = sorted(
    str(types.with_suffix(".py"))
    for package in ("protocol", "engine/exchange")
    for types in Path(package).glob("*.pxd")
)

debug = os.environ.get("ENGINE_DEBUG") == "1"


class BuildIfPossible(build_ext):
    """Go on without an extension that cannot be compiled."""

    def finalize_options(self):
        """Run one compiler for each processor."""
        super().finalize_options()
        self.parallel = self.parallel or True

    def run(self):
        """Compile; if one module of the order's path fails, none of them stays compiled.

        A compiled module relies on the memory layout of the others, so it works only with compiled
        ones.
        """
        self.has_failed = False
        super().run()
        if self.has_failed:
            for extension in order_path:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
                Path(self.get_ext_filename(extension.name)).unlink(missing_ok=True)

    def build_extension(self, extension):
        """Compile one extension, or warn."""
        try:
            super().build_extension(extension)
        except Exception as error:  # noqa: BLE001 - each compiler fails in its own way
            self.has_failed |= extension.name != core.name
            self.warn(f"{extension.name} is not compiled, plain Python will serve: {error}")


def make_extension(source, **arguments):
    """Return the extension module of one source file, whose failure is no error."""
    name = source.rpartition(".")[0].replace("/", ".")
    return Extension(name, [source], optional=True, **arguments)


core = make_extension(
    CORE,
    extra_compile_args=["-O0", "-g"] if debug else ["-O3", "-g0"],
    define_macros=[("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1")] if debug else [],
)
order_path = [make_extension(source, extra_compile_args=["-O2", "-g0"]) for source in ORDER_PATH]
core_directives = {
    "language_level": "3",
    "boundscheck": debug,
    "wraparound": debug,
    "initializedcheck": debug,
    "cdivision": not debug,
    "autotestdict": False,
    "linetrace": debug,
    "profile": debug,
}
# Annotations are for readers and mypy, and operators keep their Python meaning.
order_path_directives = {"language_level": "3", "annotation_typing": False}
setup(
    ext_modules=[
        *cythonize([core], annotate=debug, compiler_directives=core_directives),
        *cythonize(order_path, compiler_directives=order_path_directives),
    ],
    cmdclass={"build_ext": BuildIfPossible},
)
