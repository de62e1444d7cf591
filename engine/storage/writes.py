"""Write even if Redis is full: a refusal would keep the engine from draining the list."""

from pathlib import Path

from redis import Redis

_SCRIPT = (Path(__file__).parent / "write_anyway.lua").read_text()


def write_anyway(client: Redis, command: str, key: str, *arguments: str | bytes | int) -> object:
    """Run one command on `key`, whatever the memory limit says; return its answer."""
    return client.register_script(_SCRIPT)(keys=[key], args=[command, *arguments])
