"""Metrics of several workers of a service, any of which answers for all."""

import os
from pathlib import Path
from typing import Any, cast

from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector

_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def share_metrics(folder: Path) -> None:
    """Count together with all workers that use `folder`, so that any of them can answer for all.

    Call it before any Metrics is made. It removes the files of workers that have ended.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*_*.db"):
        if not Path(f"/proc/{file.stem.rpartition('_')[2]}").exists():
            file.unlink(missing_ok=True)
    os.environ[_FOLDER_VARIABLE] = str(folder)
    own = os.getpid()  # a worker never forks: asking again at each count would be a system call
    values.ValueClass = cast("Any", values).MultiProcessValue(lambda: own)


def are_shared() -> bool:
    """Whether this worker counts together with others."""
    return _FOLDER_VARIABLE in os.environ


def choose_registry(own: CollectorRegistry) -> CollectorRegistry:
    """Return what has the metrics of all workers: the `own` registry if they are not shared."""
    folder = os.environ.get(_FOLDER_VARIABLE)
    if folder is None:
        return own
    registry = CollectorRegistry()
    cast("Any", MultiProcessCollector)(registry, folder)
    return registry
