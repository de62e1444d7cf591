"""Engines in the tests' own process."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _suite_is_no_garbage() -> Iterator[None]:
    """An engine collects garbage before it recovers: not all that the suite has loaded, too."""
    gc.freeze()
    yield
    gc.unfreeze()
