"""What the installation needs from the machine, and the command that brings what is missing."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

_INSTALLERS = ("apt-get", "dnf", "brew")
_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
_HEADERS = {
    "apt-get": f"sudo apt-get install -y {_PYTHON}-dev",
    "dnf": f"sudo dnf install -y {_PYTHON}-devel",
    "brew": f"brew reinstall python@{_PYTHON.removeprefix('python')}",
}
_COMPILER = {
    "apt-get": "sudo apt-get install -y gcc libc6-dev",
    "dnf": "sudo dnf install -y gcc",
    "brew": "xcode-select --install",
}
_VENV = {
    "apt-get": f"sudo apt-get install -y {_PYTHON}-venv",
    "dnf": f"sudo dnf install -y {_PYTHON} {_PYTHON}-pip",
    "brew": f"brew reinstall python@{_PYTHON.removeprefix('python')}",
}


def find_missing_venv() -> str | None:
    """What keeps this Python from making a virtual environment, with the mending command."""
    if all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        return None
    return f"this Python cannot make virtual environments. Mend it with: {_choose_command(_VENV)}"


def find_missing_build_tool() -> str | None:
    """What keeps this machine from compiling the core, with the mending command."""
    if not has_compiler():
        return f"no C compiler here. Mend it with: {_choose_command(_COMPILER)}"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return f"Python.h is not here. Mend it with: {_choose_command(_HEADERS)}"
    return None


def is_core_wanted() -> bool:
    """Whether the compiled core is of any use: not where the plain-Python one is forced."""
    return os.environ.get("ENGINE_CORE") != "python"


def has_compiler() -> bool:
    """Whether the compiler that Python would call (or that `CC` names) answers."""
    configured = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    command = shutil.which(shlex.split(configured)[0]) or shutil.which("cc")
    if command is None:
        return False
    # macOS has a `cc` that only offers to install one
    answer = subprocess.run([command, "--version"], capture_output=True, check=False)
    return answer.returncode == 0


def _choose_command(commands: dict[str, str]) -> str:
    """The command of the package installer that is here, else all of them."""
    for installer in _INSTALLERS:
        if shutil.which(installer):
            return commands[installer]
    return "  or  ".join(commands.values())
