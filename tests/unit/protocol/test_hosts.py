import pytest

from protocol.hosts import (
    format_host,
    is_address,
    is_loopback,
    is_loopback_address,
    split_host,
)


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


@pytest.mark.parametrize(
    ("address", "holds"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("fe80::1%eth0", False),
     ("10.0.0.7", False), ("localhost", False), ("", False)],
)  # fmt: skip
def test_addresses_of_this_machine_alone(address: str, holds: bool) -> None:
    assert is_loopback_address(address) is holds
    if ":" in address and "%" not in address:
        assert is_loopback(f"http://{format_host(address)}:8000/x") is holds


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    assert [format_host(host) for host in ("::1", "127.0.0.1", "gateway.lan")] == [
        "[::1]", "127.0.0.1", "gateway.lan",
    ]  # fmt: skip
