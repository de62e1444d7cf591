"""What an installation brings: the clients and the book alone, or all that the exchange needs."""

import re
import tomllib

import pytest

from launcher.setup import bootstrap
from launcher.setup.bootstrap import ensure_environment
from launcher.setup.environment import ROOT, Environment, read_requirements

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LIGHT = {"httpx", "msgspec", "sortedcontainers", "websockets"}


def list_names(*extras: str) -> set[str]:
    """Return the names of what an installation with `extras` requires."""
    return {re.split(r"[=\[]", line)[0].lower() for line in read_requirements(extras)}


def test_plain_installation_is_light() -> None:
    assert list_names() == LIGHT


@pytest.mark.parametrize("extra", sorted(PROJECT["optional-dependencies"]))
def test_every_extra_brings_what_the_exchange_needs(extra: str) -> None:
    assert list_names("exchange") <= list_names(extra)
    assert {"fastapi", "redis", "sqlalchemy", "uvicorn"} <= list_names(extra)


def test_start_of_the_exchange_asks_for_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def has_packages(_: Environment, extras: tuple[str, ...]) -> bool:
        asked.append(extras)
        return True

    monkeypatch.setattr(Environment, "has_packages", has_packages)
    monkeypatch.setattr(bootstrap, "is_core_settled", lambda: True)
    ensure_environment()
    assert asked == [("exchange",)]
