"""What a figure was measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from launcher.redis_binary import find_redis_binaries


def describe_machine() -> str:
    """Processor, cores, system and versions, in a line or two."""
    server = find_redis_binaries()[0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("redis", "fastapi", "uvicorn"))
    return (
        f"{_read_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}\n"
        f"Python {platform.python_version()}, {server.name} {server.version}, {packages}"
    )


def _read_processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
