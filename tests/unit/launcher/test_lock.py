"""`requirements.lock` is of pyproject.toml, for every machine, and names no index."""

import json
import re
import tomllib

import pytest

from launcher.setup.environment import ROOT, read_build_requirements, read_requirements
from launcher.setup.errors import LaunchError
from launcher.setup.lock import LOCK, SBOM, SBOM_EXTRAS, Pin, lock, make_sbom, read_pins, select

PINS = read_pins(LOCK.read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SMALL = """\
# a head
a==1.0 \\
    --hash=sha256:01 \\
    --hash=sha256:02
b-c==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:03
    # via a, d
d==3.0 \\
    --hash=sha256:04
e==4.0 ; python_full_version < '3.12' \\
    --hash=sha256:05
    # via b-c
e==4.1 ; python_full_version >= '3.12' \\
    --hash=sha256:06
    # via b-c
"""


def list_names(pins: list[Pin]) -> list[str]:
    return [f"{pin.name}=={pin.version}" for pin in pins]


def test_a_part_has_what_its_requirements_ask_for_in_turn() -> None:
    pins = read_pins(SMALL)
    assert list_names(select(pins, ["a[fast]==1.0"])) == ["a==1.0", "b-c==2.0", "e==4.0", "e==4.1"]
    assert list_names(select(pins, ["B_c==2.0; sys_platform == 'win32'"]))[0] == "b-c==2.0"
    assert select(pins, []) == []
    assert pins[1].text == "b-c==2.0 ; sys_platform == 'win32' \\\n    --hash=sha256:03\n"


def test_a_lock_that_is_older_than_the_project_file_is_said() -> None:
    with pytest.raises(LaunchError, match=r"does not have a==1\.1 of pyproject.toml; run: python"):
        select(read_pins(SMALL), ["a==1.1"])


@pytest.mark.parametrize("extra", sorted(PROJECT["optional-dependencies"]))
def test_the_lock_has_what_each_extra_asks_for(extra: str) -> None:
    text = lock([*read_requirements([extra]), *read_build_requirements()])
    assert text.count("==") >= text.count("sys_platform") > 0


def test_every_package_is_pinned_by_hashes_of_its_files_and_nothing_says_where_they_are() -> None:
    assert all(pin.hashes for pin in PINS)
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for pin in PINS for each in pin.hashes)
    for path in (LOCK, SBOM):
        text = path.read_text()
        assert "://" not in text
        assert "index" not in text


def test_what_is_compiled_has_files_for_several_machines() -> None:
    """One wheel for each Python and machine, and the sources."""
    for name in ("msgspec", "pydantic-core", "httptools", "hiredis", "uvloop"):
        [pin] = [pin for pin in PINS if pin.name == name]
        assert len(pin.hashes) > 12, name


def test_the_bill_of_materials_is_that_of_the_lock() -> None:
    assert SBOM.read_text() == make_sbom(PINS, read_requirements(SBOM_EXTRAS))
    bill = json.loads(SBOM.read_text())
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    references = [each["bom-ref"] for each in bill["components"]]
    assert len(set(references)) == len(references) > 30
    assert "pkg:pypi/psycopg-binary@3.3.9" in references
    assert not [each for each in references if "pytest" in each]
    listed = [each["ref"] for each in bill["dependencies"]]
    assert listed == ["goquant", *references]
    assert {each for item in bill["dependencies"] for each in item["dependsOn"]} <= {*references}
