"""Choose whether plain entries go the short way, which is compiled or not there at all."""

from importlib import import_module
from typing import TYPE_CHECKING

from engine.core import IMPLEMENTATION, Matcher
from engine.exchange.exchange import Exchange

if TYPE_CHECKING:
    from engine.order_path.path import Path


def open_path(exchange: Exchange) -> "Path | None":
    """Open the short way into an exchange; None if that has the plain core."""
    if IMPLEMENTATION != "cython" or not isinstance(exchange.matcher, Matcher):
        return None
    path: Path = import_module("engine.order_path.path").Path(exchange)
    return path
