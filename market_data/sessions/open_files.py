"""The system's limit on open files: each connection is one."""

import resource

OTHER_FILES = 100
"""Kept for Redis, the archive, the log and REST."""


def allow_connections(wanted: int) -> int:
    """Raise the limit of this process for `wanted` connections; return how many it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return min(wanted, max(1, needed - OTHER_FILES))
