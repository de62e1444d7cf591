"""How many tests run at once: several, unless the user asks for few or says how."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

SPREAD = ("--dist", "loadfile", "--no-loadscope-reorder")
MAX_WORKERS = 8
OWN_CHOICE = ("-n", "--numprocesses", "--dist", "no:xdist", "-pno:xdist")
NEEDS_THE_TERMINAL = ("-s", "--capture=no", "--pdb", "--trace", "--co", "--collect-only")


def choose_workers(arguments: Sequence[str]) -> list[str]:
    """What to tell pytest beside `arguments`: nothing for one file or test, or a user's choice."""
    if any(argument.startswith(OWN_CHOICE) for argument in arguments):
        return []
    if any(argument in NEEDS_THE_TERMINAL for argument in arguments) or _is_one_file(arguments):
        return []
    return ["-n", str(count_workers()), *SPREAD]


def count_workers() -> int:
    """One more than there are processors: tests wait for disks and timers, too."""
    return min((os.cpu_count() or 1) + 1, MAX_WORKERS)


def _is_one_file(arguments: Iterable[str]) -> bool:
    paths = [path for path in map(_find_path, arguments) if path.exists()]
    return len(paths) == 1 and paths[0].is_file()


def _find_path(argument: str) -> Path:
    return Path(argument.partition("::")[0])
