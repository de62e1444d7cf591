"""Check Redis's append-only file before each start, and cut off a torn end."""

import re
import subprocess
import time
from pathlib import Path

from launcher.redis.binary import RedisBinary
from launcher.setup.errors import LaunchError

MAX_CUT_BYTES = 4 << 20
_FOLDER = "appendonlydir"
_INCREMENT = re.compile(r"^file (\S+) seq \d+ type i", re.MULTILINE)
_TORN = re.compile(
    r"AOF analyzed:.* size=(?P<size>\d+), ok_up_to=(?P<good>\d+),.*diff=(?P<torn>\d+)"
)


def mend_append_only_file(binary: RedisBinary, folder: Path) -> str | None:
    """Cut a torn write off the end; say what was cut, or return None if nothing had to be.

    If a write torn inside a transaction were loaded, the acknowledged writes after it would be lost
    in that transaction. Only the last file of the set can be torn; the server itself refuses damage
    in the others. What is cut is kept beside the data. Raises LaunchError if more than
    MAX_CUT_BYTES would be cut, or if the file cannot be mended.
    """
    path = _find_last_file(folder / _FOLDER)
    if path is None or path.stat().st_size == 0:
        return None
    check = _run_check(binary, path)
    if check.returncode == 0:
        return None
    torn = _TORN.search(check.stdout)
    if torn is None:
        raise LaunchError(_explain_damage(path, check.stdout.strip()))
    _refuse_large_cut(binary, path, torn)
    kept = _keep_tail(path, int(torn["good"]), folder)
    mended = _run_check(binary, path, "--fix")
    if mended.returncode:
        raise LaunchError(_explain_damage(path, mended.stdout.strip()))
    return f"the append-only file ended in a torn write; {torn['torn']} bytes moved to {kept}"


def _find_last_file(folder: Path) -> Path | None:
    """Return the file that the server wrote to last, None if there is none."""
    manifest = folder / "appendonly.aof.manifest"
    if not manifest.exists():
        return None
    # checked alone: given the manifest, Valkey 9's checker reports its own base file as damaged
    names: list[str] = _INCREMENT.findall(manifest.read_text())
    if not names:
        return None
    path = folder / names[-1]
    if not path.exists():
        raise LaunchError(_explain_damage(path, "the file is missing"))
    return path


def _run_check(
    binary: RedisBinary, path: Path, *options: str
) -> "subprocess.CompletedProcess[str]":
    # the server program is the checker when it is called by the checker's name
    return subprocess.run(
        [f"{binary.name}-check-aof", *options, str(path)],
        executable=binary.path,
        input="y\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _explain_damage(path: Path, finding: str) -> str:
    return (
        f"{path} is damaged in a way that cannot be mended here: {finding}\n"
        "Restore the data folder from a copy, or begin anew: python start_system.py reset"
    )


def _refuse_large_cut(binary: RedisBinary, path: Path, torn: re.Match[str]) -> None:
    if int(torn["torn"]) > MAX_CUT_BYTES:
        raise LaunchError(
            f"{path} is damaged from byte {torn['good']} on: mending it would cut {torn['torn']} "
            f"of {torn['size']} bytes, more than a torn write can be. Nothing was changed. Restore "
            "the data folder from a copy, or, to accept the loss, run "
            f"{binary.name}-check-aof --fix {path} yourself and start again."
        )


def _keep_tail(path: Path, position: int, folder: Path) -> Path:
    kept = folder / f"cut-{time.strftime('%Y%m%dT%H%M%S')}.aof"
    with path.open("rb") as file:
        file.seek(position)
        kept.write_bytes(file.read())
    return kept
