"""What runs before anything is installed needs nothing but Python."""

import subprocess
import sys

from launcher.setup.environment import ROOT

IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import launcher.setup
for module in pkgutil.iter_modules(launcher.setup.__path__):
    importlib.import_module(f"launcher.setup.{module.name}")
ours = {name for name in sys.modules if name.startswith("launcher.")}
assert "launcher.setup.bootstrap" in ours
print(*(name for name in ours if not f"{name}.".startswith("launcher.setup.")))
"""


def test_setup_imports_the_standard_library_alone() -> None:
    bare = [sys.executable, "-I", "-S"]  # no installed packages, no PYTHONPATH
    command = [*bare, "-c", IMPORT_ALL, str(ROOT)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == ""
