"""A repository whose set-up takes a second: stand-ins for `venv`, `pip` and the compiler.

`python -m venv` and `python -m pip` find the module of that name in the folder where they run, so
the set-up itself is the real one. Each stand-in does what the real one does, in its order, in small
steps with a pause after each.
"""

import shutil
from pathlib import Path

from launcher.setup.environment import ROOT

_PROJECT = """
[build-system]
requires = ["Cython==3.3.1", "setuptools==84.2.1"]
[project]
dependencies = ["one-package==1.0"]
[project.optional-dependencies]
exchange = ["other-package==2.0"]
"""
_LOCK = """\
cython==3.3.1 \\
    --hash=sha256:00
one-package==1.0 \\
    --hash=sha256:01
other-package==2.0 \\
    --hash=sha256:02
setuptools==84.2.1 \\
    --hash=sha256:03
"""
_START = """
from pathlib import Path
from launcher.setup.bootstrap import ensure_environment

if __name__ == "__main__":
    ensure_environment()
    print("ready")
"""
_CORE = Path("engine/core/compiled/matcher.pyx")
_ORDERS = Path("engine/exchange/orders.py")


def make_repository(root: Path) -> None:
    """Write it into the folder `root`."""
    shutil.copytree(ROOT / "launcher" / "setup", root / "launcher" / "setup")
    for path in (_CORE, _ORDERS, _ORDERS.with_suffix(".pxd")):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    (root / "pyproject.toml").write_text(_PROJECT)
    (root / "requirements.lock").write_text(_LOCK)
    (root / "start.py").write_text(_START)
    for name in ("venv", "pip", "setup"):
        shutil.copy(Path(__file__).parent / f"{name}_stand_in.py", root / f"{name}.py")
