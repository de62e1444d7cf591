"""Each error of the table is provoked by a test that has its exact text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from binance_gateway.words import errors, refusals
from binance_gateway.words.errors import Fault

TESTS = Path(__file__).parents[2]
FAULTS = {name: value for name, value in vars(errors).items() if isinstance(value, Fault)}
TEXTS = {
    name: value
    for name, value in vars(refusals).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}


def list_texts() -> Iterator[str]:
    """Every text that a test has which asks the service, or its subscriptions."""
    folders = ("clients", "integration/binance_gateway", "unit/binance_gateway")
    for folder in folders:
        for path in sorted((TESTS / folder).glob("test_*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


ALL = set(list_texts())


@pytest.mark.parametrize("name", FAULTS)
def test_error_is_provoked(name: str) -> None:
    words = FAULTS[name].text.split("{}")
    if words == ["", ""]:
        return  # its texts are those of the refusals
    pattern = re.compile(".*".join(map(re.escape, words)))
    assert any(map(pattern.fullmatch, ALL)), FAULTS[name]


@pytest.mark.parametrize("name", TEXTS)
def test_refusal_is_provoked(name: str) -> None:
    assert TEXTS[name] in ALL
