from protocol.checksum import checksum_text, compute_checksum
from protocol.events import Level

ASKS: list[Level] = [("60001.00", "0.50000"), ("60002.50", "1.25000")]
BIDS: list[Level] = [("60000.00", "1.00000"), ("59999.99", "0.00010")]


def test_the_designs_example_gives_its_text_and_checksum() -> None:
    assert checksum_text(BIDS, ASKS) == "60001005000060002501250006000000100000599999910"
    assert compute_checksum(BIDS, ASKS) == 2098000942


def test_an_empty_book_has_the_checksum_of_no_text() -> None:
    assert compute_checksum([], []) == 0
