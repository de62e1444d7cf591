"""What the installation needs from the machine, and the commands that install what is missing."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PLAIN_PYTHON = "everything works, only much more slowly"
"""What it means for the user that nothing is compiled."""
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
    """Say why this Python cannot make virtual environments, with the remedy; None if it can."""
    if all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        return None
    return f"this Python cannot make virtual environments. Mend it with: {_choose_command(_VENV)}"


def find_missing_build_tool() -> str | None:
    """Say why this machine cannot compile the core, with the remedy; None if it can."""
    if not has_compiler():
        return f"no C compiler here. Mend it with: {_choose_command(_COMPILER)}"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return f"Python.h is not here. Mend it with: {_choose_command(_HEADERS)}"
    complaint = _compile_trial()
    if complaint:
        return f"the C compiler fails: {complaint} Mend it with: {_choose_command(_COMPILER)}"
    return None


def is_core_wanted() -> bool:
    """Return whether the compiled core is of use: it is not if ENGINE_CORE forces the plain one."""
    return os.environ.get("ENGINE_CORE") != "python"


def has_compiler() -> bool:
    """Return whether the C compiler answers."""
    command = shutil.which(choose_compiler()[0])
    if command is None:
        return False
    # without its developer tools macOS has a `cc` that only offers to install them
    answer = subprocess.run([command, "--version"], capture_output=True, check=False)
    return answer.returncode == 0


def choose_compiler() -> list[str]:
    """Return the compiler's command: what `CC` names, else Python's own, else `cc`."""
    named = os.environ.get("CC")
    own = shlex.split(named or sysconfig.get_config_var("CC") or "cc")
    return own if named or shutil.which(own[0]) else ["cc"]


def _compile_trial() -> str:
    """Compile a module of one line; return the first line of what the compiler says if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "trial.c")
        source.write_text("#include <Python.h>\n")
        include = f"-I{sysconfig.get_path('include')}"
        command = [*choose_compiler(), include, "-fPIC", "-c", "trial.c", "-o", "trial.o"]
        answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = answer.stderr.strip() or f"exit status {answer.returncode}."
    return said.splitlines()[0] if answer.returncode else ""


def _choose_command(commands: dict[str, str]) -> str:
    """Return the command of the package installer that is here, else all commands."""
    for installer in _INSTALLERS:
        if shutil.which(installer):
            return commands[installer]
    return "  or  ".join(commands.values())
