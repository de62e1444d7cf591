"""The system's limit on open files: each connection is one."""

import logging
import resource

OTHER_FILES = 100
"""Kept for Redis, the archive, and the log."""

logger = logging.getLogger(__name__)


def allow_connections(wanted: int) -> int:
    """Raise the limit of this process for `wanted` connections; return how many it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return min(wanted, max(1, needed - OTHER_FILES))


def announce_connections(allowed: int, wanted: int) -> None:
    """Log how many connections there may be."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if allowed < wanted:
        text = "at most %d connections, not %d: the limit of open files is %d (see ulimit -n)"
        logger.warning(text, allowed, wanted, files)
    else:
        logger.info("at most %d connections; the limit of open files is %d", allowed, files)
