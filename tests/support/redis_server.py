"""A Redis of the suite's own: on a free port, in a folder of its own, gone at the end."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher.listening import find_free_port
from launcher.parent_death import make_child_setup
from launcher.redis_binary import find_redis_binaries
from launcher.redis_server import is_serving
from launcher.waiting import wait_until

DEADLINE_SECONDS = 10.0


@contextmanager
def run_redis(folder: Path, *options: str, port: int | None = None) -> Iterator[str]:
    """URL of a server that lives as long as the context; `options` go on its command line."""
    port = port or find_free_port()
    command = [
        str(find_redis_binaries()[0].path), "--port", str(port), "--bind", "127.0.0.1",
        "--dir", str(folder), "--save", "", "--appendonly", "no", *options,
    ]  # fmt: skip
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, preexec_fn=make_child_setup()
        )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_until(lambda: process.poll() is not None or is_serving(url), DEADLINE_SECONDS)
        if not is_serving(url):
            raise RuntimeError(f"the suite's Redis did not start, exit status {process.poll()}")
        yield url
    finally:
        process.kill()
        process.wait()
