"""The registered calls, and what the documents say of them."""

from pathlib import Path

import binance_gateway
from binance_gateway.calls.registry import BY_NAME, BY_PATH, ROUTES
from binance_gateway.calls.table import describe_calls

DOCUMENT = Path(binance_gateway.__file__).parent / "CALLS.md"


def test_table_is_made_of_the_calls() -> None:
    command = "python -m binance_gateway.calls.table"
    assert describe_calls() in DOCUMENT.read_text(), f"put into {DOCUMENT.name} what {command} says"


def test_no_path_and_no_name_is_registered_twice() -> None:
    paths = [(route.method, route.path) for route in ROUTES if route.path]
    names = [route.name for route in ROUTES if route.name]
    assert len(paths) == len(set(paths))
    assert len(names) == len(set(names))
    assert len(paths) <= len(BY_PATH)
    assert len(names) <= len(BY_NAME)


def test_no_parameter_of_a_call_is_there_twice() -> None:
    for route in ROUTES:
        names = [parameter.name for parameter in route.parameters or ()]
        assert len(names) == len(set(names)), route.path
