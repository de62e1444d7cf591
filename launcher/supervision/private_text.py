"""Write a file that only its owner may read."""

import os
from pathlib import Path


def write_private_text(path: Path, text: str) -> None:
    """Replace what is in `path`, which nobody else may read, not even if others could before."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
