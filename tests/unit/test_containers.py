"""The containers have the whole program, and know the ports under which they are published."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from cluster.address import parse_cluster
from launcher.redis.named import is_open_to_all
from launcher.redis.server import is_serving
from protocol import channels
from protocol.instrument import list_shards, parse_instruments
from protocol.settings import Settings
from tests.support.ports import find_free_port
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
SERVICES = ("redis", "engine", "archive", "order_gateway", "market_data", "binance_gateway")
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


def test_cluster_has_six_nodes_and_two_of_what_clients_ask() -> None:
    content = yaml.safe_load((ROOT / "docker-compose.cluster.yml").read_text())
    services = content["services"]
    counts = Counter(name.rpartition("-")[0] for name in services if name[-1].isdecimal())
    assert counts == {"node": 6, "engine": 3, "gateway": 2, "market-data": 2}
    engines = Counter(
        tuple(service["command"][2:]) for name, service in services.items() if "engine" in name
    )
    instruments = (ROOT / content["configs"]["instruments"]["file"]).read_text()
    shards = list_shards(parse_instruments(instruments).values())
    assert engines == {("engine", "--standby", f"--shard={shard}"): 2 for shard in shards}
    for name in ("engine-1", "archive", "gateway-1", "market-data-1"):
        [mounted] = services[name]["configs"]
        assert services[name]["environment"]["INSTRUMENTS_FILE"] == mounted["target"]
    address = parse_cluster(services["engine-1"]["environment"]["REDIS_URL"])
    assert [node.host for node in address.seeds] == ["node-1", "node-2", "node-3"]
    for name, service in services.items():
        if name.startswith("node-"):
            options = " ".join(service["command"])
            assert "--appendonly yes --appendfsync always" in options
            assert "--min-replicas-to-write 1" in options


def test_instruments_of_the_cluster_are_the_shipped_ones_with_a_shard_each() -> None:
    lines = (ROOT / "examples" / "three_shards.toml").read_text().splitlines()
    shards = [line for line in lines if line.startswith("shard = ")]
    assert shards == ["shard = 1", "shard = 2", "shard = 3"]
    shipped = (ROOT / "instruments.toml").read_text().splitlines()
    for listed in (lines, shipped):
        del listed[: listed.index("[[instrument]]")]
    assert [line for line in lines if line not in shards] == shipped


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


def test_the_database_is_named_to_those_that_use_it() -> None:
    users = {name for name in SERVICES if "DATABASE_URL:" in find_service(name)}
    assert users == {"archive", "order_gateway", "market_data", "binance_gateway"}
    assert COMPOSE.count("DATABASE_URL: ") == len(users)


def test_no_container_may_do_more_than_it_needs() -> None:
    service = yaml.safe_load(COMPOSE)["services"]
    assert list(service) == list(SERVICES)
    for name, settings in service.items():
        assert settings["cap_drop"] == ["ALL"], name
        assert settings["security_opt"] == ["no-new-privileges:true"]
        assert settings["read_only"] is True
        assert settings["tmpfs"] == ["/tmp"]
        published = settings.get("ports", [])
        assert all(port.startswith("127.0.0.1:") for port in published)
    assert service["redis"]["networks"] == ["inside"]
    assert "ports" not in service["redis"]


@pytest.mark.parametrize("password", ["", 'a "quoted" pass\\word'])
def test_redis_asks_for_the_password_that_is_set(tmp_path: Path, password: str) -> None:
    """Its command, on a port and in a folder of the test's own."""
    settings = yaml.safe_load(COMPOSE)["services"]["redis"]
    words = [*settings["entrypoint"], *settings["command"]]
    words = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", word).replace("$$", "$") for word in words]
    port = find_free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    with subprocess.Popen(
        [*words, *options],
        env={"PATH": find_redis_folder(), "REDISCLI_AUTH": password},
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"redis://:{quote(password, safe='')}@127.0.0.1:{port}/0"
            wait_until(lambda: is_serving(url), "Redis serves")
            assert is_open_to_all(url) is (not password)
            with open_redis(url) as client:
                assert client.config_get("appendfsync") == {"appendfsync": "always"}
        finally:
            process.kill()


def find_redis_folder() -> str:
    """Return a PATH on which `redis-server` is the suite's."""
    return os.pathsep.join([str(Path(shutil.which("redis-server") or "/").parent), "/usr/bin:/bin"])


def test_names_that_reach_the_containers_are_settings() -> None:
    names = set(re.findall(r"^      ([A-Z_]+): \$\{(?=\1:-\})", COMPOSE, re.MULTILINE))
    assert {"ALLOWED_HOSTS", "ALLOWED_ORIGINS", "API_KEYS"} <= names
    example = (ROOT / ".env.example").read_text()
    assert [name for name in names if f"# {name}=" not in example] == []
