"""The same measured several times: the median, and how far the times are apart."""

from statistics import median


class Rounds(tuple[float, ...]):
    """The result of each round; as text their median, lowest and highest."""

    __slots__ = ()

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return median(self)

    def describe_ratio(self, floor: "Rounds") -> str:
        """Give the ratio of the medians, and the lowest and highest ratio of a round."""
        ratios = [one / other for one, other in zip(self, floor, strict=True)]
        return f"{self.median / floor.median:.2f} x ({min(ratios):.2f} to {max(ratios):.2f})"

    def __format__(self, form: str) -> str:
        low, high = min(self), max(self)
        return f"{self.median:{form}} ({low:{form}} to {high:{form}})"
