"""An answer to exchangeInfo with every word that one can have, which a test has written."""

import json
import os
from pathlib import Path
from typing import Any


def read_text() -> str:
    """Return the answer."""
    return Path(os.environ["EXCHANGE_INFO"]).read_text()


def list_words(name: str) -> set[str]:
    """Return every text, alone or in a list, that is named so anywhere in the answer."""
    return set(_list_words(name, json.loads(read_text())))


def _list_words(name: str, value: Any) -> list[str]:
    if isinstance(value, list):
        return [word for each in value for word in _list_words(name, each)]
    if not isinstance(value, dict):
        return []
    here = value.get(name, [])
    found = [here] if isinstance(here, str) else list(here)
    return found + [word for each in value.values() for word in _list_words(name, each)]
