"""`requirements.lock`: every package that may be installed, with the hashes of all its files.

`python -m launcher.setup.lock EXTRA...` prints what pip needs for these extras, and for `build`
what compiling needs: for `pip install --require-hashes --no-deps --requirement FILE`.
`python -m launcher.setup.lock renew` makes the lock and `sbom.cdx.json` from pyproject.toml anew.

A part of the lock is what some requirements ask for, directly or not: behind each package stands
who asks for it.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from launcher.setup.environment import ROOT, read_build_requirements, read_requirements
from launcher.setup.errors import LaunchError

LOCK = ROOT / "requirements.lock"
SBOM = ROOT / "sbom.cdx.json"
SBOM_EXTRAS = ("exchange", "parquet", "postgresql")
"""What a running exchange may have; the rest is for tests and developers."""
RENEW = "python -m launcher.setup.lock renew"
_HEAD = f"# Made from pyproject.toml; renewed by: {RENEW}\n"
_RESOLVER = "uv==0.13.9"
"""The program that finds one set for every Python and machine, and the hashes of all files."""
_PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>.+))?", re.ASCII)
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[^\]]*\])?==(?P<version>[^;\s]+)", re.ASCII)


class Pin(NamedTuple):
    """A package in one version, for the machines of its marker; `wanted_by` names packages."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]
    wanted_by: frozenset[str]

    @property
    def text(self) -> str:
        """The requirement as pip reads it."""
        marker = f" ; {self.marker}" if self.marker else ""
        hashes = "".join(f" \\\n    --hash={each}" for each in self.hashes)
        return f"{self.name}=={self.version}{marker}{hashes}\n"


def lock(requirements: Iterable[str]) -> str:
    """Return the part of the lock that `requirements` of pyproject.toml ask for.

    Raises LaunchError if the lock is older than they are.
    """
    return "".join(pin.text for pin in select(read_pins(LOCK.read_text()), requirements))


def select(pins: list[Pin], requirements: Iterable[str]) -> list[Pin]:
    """Return the pins that `requirements` ask for, directly or not."""
    found: set[str] = set()
    pending = [_find_pinned(pins, line) for line in requirements]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += [pin.name for pin in pins if name in pin.wanted_by]
    return [pin for pin in pins if pin.name in found]


def read_pins(text: str) -> list[Pin]:
    """Return what a lock has, in its order."""
    return [_read_pin(block) for block in re.split(r"\n(?=\w)", text) if _PIN.match(block)]


def make_sbom(pins: list[Pin], requirements: Iterable[str]) -> str:
    """Return the bill of materials of what `requirements` ask for: JSON, as CycloneDX has it."""
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    lines = list(requirements)
    direct = {_find_pinned(pins, line) for line in lines}
    used = select(pins, lines)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _describe("application", "goquant", "goquant", version[1])},
        "components": [
            _describe("library", _refer(pin), pin.name, pin.version) | {"purl": _refer(pin)}
            for pin in used
        ],
        "dependencies": [
            _list_needs("goquant", [pin for pin in used if pin.name in direct]),
            *(
                _list_needs(_refer(pin), [each for each in used if pin.name in each.wanted_by])
                for pin in used
            ),
        ],
    }
    return json.dumps(bill, indent=1) + "\n"


def _describe(kind: str, reference: str, name: str, version: str) -> dict[str, str]:
    return {"type": kind, "bom-ref": reference, "name": name, "version": version}


def _list_needs(reference: str, needed: list[Pin]) -> dict[str, Any]:
    return {"ref": reference, "dependsOn": [_refer(pin) for pin in needed]}


def _refer(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def _read_pin(block: str) -> Pin:
    head, *lines = block.splitlines()
    found = _PIN.match(head.removesuffix(" \\"))
    assert found
    words = [line.strip().removesuffix(" \\") for line in lines]
    wanted_by = next((line for line in words if line.startswith("# via ")), "# via ")
    return Pin(
        found["name"],
        found["version"],
        found["marker"],
        tuple(word.removeprefix("--hash=") for word in words if word.startswith("--hash=")),
        frozenset(filter(None, wanted_by.removeprefix("# via ").split(", "))),
    )


def _find_pinned(pins: list[Pin], requirement: str) -> str:
    """Return the name under which the lock has the requirement, in the same version."""
    found = _REQUIREMENT.match(requirement)
    if found:
        name = re.sub(r"[-_.]+", "-", found["name"]).lower()
        if any((pin.name, pin.version) == (name, found["version"]) for pin in pins):
            return name
    raise LaunchError(f"{LOCK.name} does not have {requirement} of pyproject.toml; run: {RENEW}")


def renew() -> None:
    """Write the lock and the bill of materials."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, _RESOLVER]
        subprocess.run(pip, check=True)
        lines = _resolve(Path(folder) / "bin" / "uv")
    pins = read_pins(lines)
    names = {pin.name for pin in pins}
    pins = [pin._replace(wanted_by=pin.wanted_by & names) for pin in pins]
    LOCK.write_text(_HEAD + "".join(map(_format, pins)))
    SBOM.write_text(make_sbom(pins, read_requirements(SBOM_EXTRAS)))


def _resolve(resolver: Path) -> str:
    """Return one set of packages for every Python and machine, with the hashes of all files."""
    command = [
        str(resolver), "pip", "compile", "-", "--quiet", "--universal", "--python-version", "3.11",
        "--generate-hashes", "--no-header", "--no-emit-index-url", "--annotation-style", "line",
    ]  # fmt: skip
    requirements = "\n".join(_list_requirements(["dev"]))
    done = subprocess.run(command, input=requirements, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LaunchError(done.stderr.strip())
    return done.stdout


def _format(pin: Pin) -> str:
    via = f"    # via {', '.join(sorted(pin.wanted_by))}\n" if pin.wanted_by else ""
    return pin.text + via


def _list_requirements(extras: Iterable[str]) -> list[str]:
    names = list(extras)
    of_build = read_build_requirements() if "build" in names or "dev" in names else []
    if "build" in names:
        names.remove("build")
    return [*read_requirements(names), *of_build]


def main(extras: list[str]) -> None:
    """Print a part of the lock, or renew it."""
    try:
        if extras == ["renew"]:
            renew()
        elif extras:
            print(lock(_list_requirements(extras)), end="")
        else:
            print(__doc__)
    except LaunchError as error:
        sys.exit(f"lock: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
