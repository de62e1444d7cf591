"""How a participant asks the gateway."""

from collections.abc import Callable
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, str, Json | None, str], Json]
"""Asks the gateway: method, path, body and account in, the answer out."""
