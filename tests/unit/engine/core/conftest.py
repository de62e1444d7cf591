"""Each test here runs on both cores."""

import pytest

from engine.core import Matcher
from tests.support.core_implementations import CORES, matcher_class


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> type[Matcher]:
    """The `Matcher` of one of the cores."""
    return matcher_class(request.param)


@pytest.fixture
def matcher(core: type[Matcher]) -> Matcher:
    """Two empty books."""
    return core(2)
