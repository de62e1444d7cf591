"""`python -m goquant.testing.keeper FOLDER`: run an exchange in a folder for as long as it is used.

Its standard input is a pipe whose other end only the user's process has. When the pipe ends, that
process has closed it or is dead, however it died: the exchange is stopped, and the folder removed.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

STOP_SECONDS = 20.0


def keep(folder: str) -> None:
    """Start the exchange, wait for the end of standard input, stop it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C is for the user's process
    try:
        with Path(folder, "launcher.log").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "launcher"],
                stdin=subprocess.DEVNULL,
                stderr=output,
                start_new_session=True,
                restore_signals=True,
                preexec_fn=_listen_to_signals,
            )
        os.close(sys.stdout.fileno())  # `close` of the object would leave it open
        sys.stdin.buffer.read()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _listen_to_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    keep(sys.argv[1])
