import pytest

from protocol.hosts import is_address, split_host


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("localhost:8001", ("localhost", 8001)),
        ("EVIL.example", ("evil.example", None)),
        ("[::1]:80", ("::1", 80)),
        ("", ("", None)),
        ("a:b", ("", None)),
        ("[", ("", None)),
    ],
)
def test_name_and_port(text: str, parts: tuple[str, int | None]) -> None:
    assert split_host(text) == parts


@pytest.mark.parametrize(
    ("name", "holds"),
    [("localhost", True), ("10.0.0.7", True), ("::1", True), ("", False), ("evil.example", False)],
)
def test_addresses_are_nobody_elses(name: str, holds: bool) -> None:
    assert is_address(name) is holds
