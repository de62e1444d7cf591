"""Imported first by every entry: stop an old Python with one line. Even Python 2 can read it."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "GoQuant needs Python 3.11 or newer, this is %d.%d: "  # noqa: UP031
        "run the same with python3.11 or newer." % (sys.version_info[0], sys.version_info[1])
    )
if sys.platform == "win32":
    sys.exit("GoQuant runs on Linux and macOS. On Windows use WSL2: wsl --install")
