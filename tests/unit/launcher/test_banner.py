"""The curl line of the banner works as it is printed."""

import pytest

from launcher.banner import format_curl

URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy", "ALL_PROXY"])
def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert "--noproxy" not in format_curl(URL)
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert "--noproxy '*'" in format_curl(URL)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert "--noproxy" not in format_curl(URL)
