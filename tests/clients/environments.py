"""Environments of the clients: two of them share a package name, and none is ours to install.

Each is made once, under build/clients, and found again by the versions that it has.
"""

import subprocess
import sys
from pathlib import Path

from launcher.setup.environment import BUILD_FOLDER
from launcher.setup.file_lock import hold_lock

FOLDER = BUILD_FOLDER / "clients"
REQUIREMENTS = {
    "ccxt": ("ccxt==4.5.90",),
    "connector": ("binance-connector==3.13.0",),
    "sdk": ("binance-sdk-spot==13.3.0",),
    "python-binance": ("python-binance==1.0.37",),
    "unicorn": ("unicorn-binance-websocket-api==2.16.1",),
    "nautilus": ("nautilus_trader==1.221.0",),
    "freqtrade": ("freqtrade==2026.9",),
}
INSTALL_SECONDS = 900.0


def find_python(name: str) -> Path:
    """Return the interpreter that has the client; make its environment if it is not there yet.

    Raise CalledProcessError, with what pip said, if it cannot be installed.
    """
    requirements = REQUIREMENTS[name]
    folder = FOLDER / "-".join((*requirements, f"py{sys.version_info.minor}")).replace("/", "_")
    python = folder / "bin" / "python"
    mark = folder / "complete"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with hold_lock(FOLDER / f"{name}.lock", wait=True):
        if not mark.exists():
            _run(sys.executable, "-m", "venv", "--clear", str(folder))
            pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
            _run(*pip, *requirements)
            mark.touch()
    return python


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
