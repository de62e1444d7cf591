"""What does not run on a cluster is there."""

import pytest

from launcher.setup.environment import ROOT
from tests.support.topology import LEFT_OUT


@pytest.mark.parametrize("name", [name for names in LEFT_OUT.values() for name in names])
def test_what_is_left_out_on_a_cluster_is_a_test(name: str) -> None:
    file, _, test = name.partition("::")
    assert f"def {test.partition('[')[0]}" in (ROOT / "tests" / file).read_text()
