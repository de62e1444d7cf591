"""Build the core, and the way of an order to it and back.

All metadata is in pyproject.toml. A Python module is compiled if a `<module>.pxd` with its C types
is beside it. A build is kept in `build/core` and found again by the digest of what it is made of;
then nothing is compiled. Without a C compiler the build goes on with a warning: the plain-Python
core serves, and what is compiled of the order path runs as ordinary Python.
ENGINE_DEBUG=1 builds the core with bounds checks, line tracing and annotation.
"""

import multiprocessing
import os
import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext

sys.path.insert(0, str(Path(__file__).resolve().parent))

from launcher.setup import compiled_modules
from launcher.setup.file_lock import hold_lock

debug = os.environ.get("ENGINE_DEBUG") == "1"
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
# Of compiled Python: annotations are for readers and mypy, and operators keep their meaning.
python_directives = {"language_level": "3", "annotation_typing": False}


def make_extension(source, **arguments):
    """Return the extension module of one source file."""
    return Extension(".".join(source.with_suffix("").parts), [str(source)], **arguments)


# What few orders need must not keep gcc from inlining what every order passes; clang ignores it.
inlining = ["--param=inline-unit-growth=100", "--param=large-unit-insns=30000"]
core = make_extension(
    compiled_modules.CORE,
    extra_compile_args=["-O0", "-g"] if debug else ["-O2", "-g0", *inlining],
    define_macros=[("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1")] if debug else [],
)
# The gateway's calls Python most of the time, where more than -O1 costs the build alone.
order_path = [
    make_extension(
        source,
        extra_compile_args=["-O1" if source == compiled_modules.GATEWAY_PATH else "-O2", "-g0"],
    )
    for source in compiled_modules.list_order_path()
]


class BuildAfresh(build):
    """Forget what an earlier build left, which may be of modules that are no more.

    What is traded goes with the packages: an exchange for tests has no clone beside it.
    """

    def run(self):
        """Build."""
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        shutil.copy("instruments.toml", self.build_lib)


class BuildOnce(build_ext):
    """Compile if no build of these sources is kept, one process for each processor."""

    def build_extensions(self):
        """Bring the modules to the build folder, or warn."""
        self.digest = compiled_modules.compute_digest()
        compiled_modules.KEPT_FOLDER.mkdir(parents=True, exist_ok=True)
        with hold_lock(compiled_modules.KEPT_FOLDER / "lock", wait=True):
            if compiled_modules.is_kept(self.digest):
                compiled_modules.hand_out(self.digest, Path(self.build_lib))
            elif self.compile_all():
                compiled_modules.keep(self.digest, Path(self.build_lib))
            else:
                self.warn("nothing is compiled: all will run in plain Python, much more slowly")
                for extension in self.extensions:
                    Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)

    def copy_extensions_to_source(self):
        """Replace the modules beside their sources, never overwrite what may be loaded."""
        if compiled_modules.is_kept(self.digest):
            compiled_modules.place(self.digest)
        else:
            compiled_modules.remove_compiled()

    def compile_all(self):
        """Compile every module; return whether all went well."""
        self.force = True  # nothing that an interrupted build left is taken for finished
        fork = multiprocessing.get_context("fork")
        taken = fork.Value("i", 0)
        workers = [
            fork.Process(target=self.compile_some, args=(taken,))
            for _ in range(os.cpu_count() or 1)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return not any(worker.exitcode for worker in workers)

    def compile_some(self, taken):
        """Compile one module after another until all are taken, or one fails."""
        while True:
            with taken.get_lock():
                number, taken.value = taken.value, taken.value + 1
            if number >= len(self.extensions):
                return
            try:
                self.compile(self.extensions[number])
            except BaseException:
                taken.value = len(self.extensions)
                raise

    def compile(self, extension):
        """Translate one module to C, and compile that."""
        from Cython.Build import cythonize

        is_core = extension.name == core.name
        is_python = extension.sources[0].endswith(".py")
        extension.sources = cythonize(
            [extension],
            # coverage looks for the core's C beside its source
            build_dir=None if debug and is_core else str(Path(self.build_temp, "translated")),
            force=True,
            annotate=debug and is_core,
            compiler_directives=python_directives if is_python else directives,
        )[0].sources
        self.build_extension(extension)


setup(
    ext_modules=[core, *order_path],
    cmdclass={"build": BuildAfresh, "build_ext": BuildOnce},
)
