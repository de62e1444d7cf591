"""How many nodes a local cluster has."""

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """How many primaries, and how many nodes there are for each of them, itself counted."""

    primaries: int
    nodes_each: int

    @classmethod
    def parse(cls, text: str) -> "Shape":
        """Parse `3x3`; raise ValueError for anything else, and for too few to outlive a node."""
        found = re.fullmatch(r"(\d+)x(\d+)", text, re.ASCII)
        if found is None:
            raise ValueError(f"{text!r} is not PRIMARIESxNODES, such as 3x3")
        primaries, nodes = int(found[1]), int(found[2])
        if not 3 <= primaries <= 9 or not 2 <= nodes <= 4:
            nearest = f"{min(9, max(3, primaries))}x{min(4, max(2, nodes))}"
            raise ValueError(
                f"{text}: a cluster has 3 to 9 primaries, each with 1 to 3 replicas beside it, the"
                f" nearest is {nearest}"
            )
        return cls(primaries, nodes)

    @property
    def nodes(self) -> int:
        """How many there are in all."""
        return self.primaries * self.nodes_each


def check_shape(text: str) -> str:
    """Return the text of a shape; raise ValueError if it is none."""
    Shape.parse(text)
    return text
