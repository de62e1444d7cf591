"""`python -m pip install … --requirement FILE`: the list of a package's files comes last."""

import shutil
import sys
import sysconfig
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PAUSE_SECONDS = 0.02
PACKAGES = Path(sysconfig.get_path("purelib"))


def install(name: str, wanted: str) -> None:
    """As pip: what counts as installed is left as it is."""
    try:
        if version(name) == wanted:
            return
    except PackageNotFoundError:
        pass
    module = name.replace("-", "_")
    for old in PACKAGES.glob(f"{module}-*.dist-info"):
        shutil.rmtree(old)
    record = PACKAGES / f"{module}-{wanted}.dist-info"
    record.mkdir(parents=True, exist_ok=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {wanted}\n")
    time.sleep(PAUSE_SECONDS)
    (PACKAGES / f"{module}.py").write_text("is_whole = True\n")
    time.sleep(PAUSE_SECONDS)
    (record / "RECORD").touch()
    time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    for line in Path(sys.argv[-1]).read_text().splitlines():
        if "==" in line:
            install(*line.removesuffix(" \\").split("=="))
