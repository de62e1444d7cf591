"""Where there is a compiler, everything that an order passes is compiled, not the core alone."""

import pytest

from engine.core import IMPLEMENTATION
from engine.exchange import (
    batch,
    changes,
    core_event,
    entries,
    entry,
    event_text,
    exchange,
    handler,
    json_buffer,
    orders,
    recorder,
    rules,
    submission,
    translation,
)
from protocol import commands, decimals, instrument

MODULES = (
    batch,
    changes,
    commands,
    core_event,
    decimals,
    entries,
    entry,
    event_text,
    exchange,
    handler,
    instrument,
    orders,
    recorder,
    rules,
    submission,
    json_buffer,
    translation,
)


@pytest.mark.skipif(IMPLEMENTATION != "cython", reason="there is no compiled core")
def test_compiled_core_comes_with_a_compiled_path_to_it() -> None:
    assert [module.__name__ for module in MODULES if str(module.__file__).endswith(".py")] == []
