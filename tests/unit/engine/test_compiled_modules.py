"""Where there is a compiler, what every order passes is compiled, not the core alone."""

import pytest

from engine.core import IMPLEMENTATION
from engine.exchange import orders
from tests.support.exchange import Exchange


@pytest.mark.skipif(IMPLEMENTATION != "cython", reason="there is no compiled core")
def test_compiled_core_comes_with_a_compiled_path_to_it() -> None:
    assert not str(orders.__file__).endswith(".py")
    assert Exchange().state.short is not None


@pytest.mark.skipif(IMPLEMENTATION == "cython", reason="there is a compiled core")
def test_plain_core_comes_without_the_compiled_path() -> None:
    assert Exchange().state.short is None
