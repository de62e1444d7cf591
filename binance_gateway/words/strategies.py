"""The strategy of an order: two numbers of its owner's, kept as one text."""

from collections.abc import Mapping
from typing import Any

_NAMES = ("strategyId", "strategyType")


def pick_strategy(values: Mapping[str, Any]) -> dict[str, int]:
    """Return what an order's values say of a strategy."""
    return {name: values[name] for name in _NAMES if values[name] is not None}


def to_native(strategy: Mapping[str, int]) -> str | None:
    """Return the text of a strategy; None if there is none."""
    return ":".join(str(strategy.get(name, "")) for name in _NAMES) if strategy else None


def from_native(text: str | None) -> dict[str, int]:
    """Return the strategy of a text; nothing for one that others have made."""
    parts = (text or "").split(":")
    if len(parts) != len(_NAMES) or not all(not part or part.isdecimal() for part in parts):
        return {}
    return {name: int(part) for name, part in zip(_NAMES, parts, strict=True) if part}
