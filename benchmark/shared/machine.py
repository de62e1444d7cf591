"""What a figure was measured on: day, machine, versions, load, fsync policy."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from redis import RedisError

from engine.core import IMPLEMENTATION
from launcher.redis.binary import find_redis_binaries
from tests.support.redis_client import open_redis

_PACKAGES = ("redis", "fastapi", "uvicorn", "websockets")


def describe_machine() -> str:
    """Describe processor, cores, system, versions, the day and the load, in three lines."""
    server = next(find_redis_binaries())
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    day = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return (
        f"{_read_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}\n"
        f"Python {platform.python_version()}, {server.name} {server.version}, {packages}\n"
        f"{day}, load of the last 1, 5, 15 minutes: {loads}; core: {IMPLEMENTATION}"
    )


def describe_redis(url: str) -> str:
    """Describe what a server's answer to a write is worth: its version and persistence."""
    with open_redis(url) as client:
        version_ = client.info("server")["redis_version"]
        try:
            settings = client.config_get("appendonly", "appendfsync")
        except RedisError:
            return f"Redis {version_}, which does not say how it persists"
    if settings.get("appendonly") != "yes":
        return f"Redis {version_}, no append-only file"
    return f"Redis {version_}, appendonly yes, appendfsync {settings['appendfsync']}"


def _read_processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
