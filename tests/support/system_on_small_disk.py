"""start_system.py with its data folder on a disk of a few megabytes, which only it sees.

A mount namespace of its own: the disk is gone when the system is.
"""

import os
import subprocess
import sys
from pathlib import Path

from launcher.setup.environment import ROOT

SIZE = "32m"
_MOUNT = f'mount -t tmpfs -o size={SIZE} none "$DATA_DIR" && exec "$@"'
_UNSHARE = ["unshare", "--map-root-user", "--mount", "sh", "-c", _MOUNT, "sh"]


def can_have_a_disk(folder: Path) -> bool:
    """Return whether this machine lets us mount one."""
    environment = os.environ | {"DATA_DIR": str(folder)}
    try:
        return subprocess.run([*_UNSHARE, "true"], env=environment, check=False).returncode == 0
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    os.execvp(_UNSHARE[0], [*_UNSHARE, sys.executable, str(ROOT / "start_system.py")])
