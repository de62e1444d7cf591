"""`python setup.py build_ext --inplace`: a child writes each module, the real code keeps it."""

import subprocess
import sys
import time
from pathlib import Path

from launcher.setup import compiled_modules

PAUSE_SECONDS = 0.05
MADE = Path("build/lib")
CHILD = "import sys, time; time.sleep(float(sys.argv[1])); open(sys.argv[2], 'w').write('whole')"


def main() -> None:
    digest = compiled_modules.compute_digest()
    compiled_modules.KEPT_FOLDER.mkdir(parents=True, exist_ok=True)
    if not compiled_modules.is_kept(digest):
        for module in compiled_modules.list_modules():
            path = MADE / compiled_modules.locate(module).relative_to(Path.cwd())
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("half")
            subprocess.run([sys.executable, "-c", CHILD, str(PAUSE_SECONDS), path], check=True)
        compiled_modules.keep(digest, MADE)
    time.sleep(PAUSE_SECONDS)
    compiled_modules.place(digest)


if __name__ == "__main__":
    main()
