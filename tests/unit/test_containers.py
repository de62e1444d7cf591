"""The containers have the whole program, and know the ports under which they are published."""

import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

from protocol import channels
from protocol.settings import Settings
from tests.support.redis_client import open_redis

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()


def find_service(name: str) -> str:
    """What the file says of it."""
    [block] = re.findall(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)
    return str(block)


def test_image_has_every_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name.rstrip('*')}" for name in packages} <= set(allowed)


@pytest.mark.parametrize(
    ("service", "own", "other"),
    [
        ("order_gateway", "GATEWAY_PORT", "MARKET_DATA_PORT"),
        ("market_data", "MARKET_DATA_PORT", "GATEWAY_PORT"),
    ],
)
def test_page_and_gateway_know_each_others_published_port(
    service: str, own: str, other: str
) -> None:
    settings = Settings.model_fields
    inside, outside = settings[own.lower()].default, settings[other.lower()].default
    block = find_service(service)
    assert f'      {own}: "{inside}"\n' in block
    assert f"    - 127.0.0.1:${{{own}:-{inside}}}:{inside}\n" in block
    assert f"      {other}: ${{{other}:-{outside}}}\n" in block


def test_image_is_built_once_and_has_the_driver_of_each_database() -> None:
    assert COMPOSE.count("build:") == 1
    assert "    DATABASE_URL: ${DATABASE_URL:-}\n" in COMPOSE
    recipe = (ROOT / "Dockerfile").read_text()
    assert "launcher.setup.lock build postgresql" in recipe
    assert all("--no-deps" in line for line in recipe.splitlines() if "pip install" in line)
    assert "!requirements.lock" in (ROOT / ".dockerignore").read_text().splitlines()


@pytest.mark.parametrize(
    ("announced", "status"), [({}, 1), ({channels.STATE_ARCHIVE_SEQUENCE: 400_000}, 1),
                              ({channels.STATE_ARCHIVE_SEQUENCE: 499_000}, 0)],
)  # fmt: skip
def test_archive_is_well_while_it_is_not_far_behind(
    redis_url: str, announced: dict[str, int], status: int
) -> None:
    with open_redis(redis_url) as client:
        client.hset(channels.STATE, mapping={channels.STATE_SEQUENCE: 500_001, **announced})
    [code] = re.findall(r"        - \|\n((?:          .*\n)+)", find_service("archive"))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT, env={**os.environ, "REDIS_URL": redis_url}, check=False,
    )  # fmt: skip
    assert done.returncode == status


def test_names_that_reach_the_containers_are_settings() -> None:
    names = set(re.findall(r"^      ([A-Z_]+): \$\{(?=\1:-\})", COMPOSE, re.MULTILINE))
    assert {"ALLOWED_HOSTS", "ALLOWED_ORIGINS", "API_KEYS"} <= names
    example = (ROOT / ".env.example").read_text()
    assert [name for name in names if f"# {name}=" not in example] == []
