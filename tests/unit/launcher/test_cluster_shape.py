"""How many nodes a local cluster has."""

import pytest

from launcher.cluster_shape import Shape


def test_shape_is_primaries_times_nodes() -> None:
    assert Shape.parse("3x3") == Shape(3, 3)
    assert Shape.parse("3x3").nodes == 9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3", "is not PRIMARIESxNODES, such as 3x3"),
        ("2x3", "the nearest is 3x3"),
        ("3x1", "the nearest is 3x2"),
        ("12x9", "the nearest is 9x4"),
    ],
)
def test_other_shapes_are_refused_with_the_nearest(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Shape.parse(text)
