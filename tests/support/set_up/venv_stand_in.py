"""`python -m venv --clear FOLDER`, in the order of the real one: `activate` comes last."""

import shutil
import sys
import time
from pathlib import Path

PAUSE_SECONDS = 0.02


def main(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    time.sleep(PAUSE_SECONDS)
    home = Path(sys.executable).resolve().parent
    (folder / "pyvenv.cfg").write_text(f"home = {home}\nversion = {sys.version.split()[0]}\n")
    time.sleep(PAUSE_SECONDS)
    (folder / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    time.sleep(PAUSE_SECONDS)
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "lib" / minor / "site-packages").mkdir(parents=True)
    for name in ("activate", "activate.fish"):
        time.sleep(PAUSE_SECONDS)
        (folder / "bin" / name).touch()


if __name__ == "__main__":
    main(Path(sys.argv[-1]))
