import pytest

from goquant import ReaderBook
from goquant.client.book import BookOutOfStep, Json
from protocol.checksum import compute_checksum

BIDS, ASKS = [["59999.00", "1.00000"], ["59998.00", "2.00000"]], [["60001.00", "1.00000"]]


def message(bids: list[list[str]], asks: list[list[str]], last: int, **more: int) -> Json:
    levels = [[(price, quantity) for price, quantity in side] for side in (bids, asks)]
    values = {"last_update_id": last, "bids": bids, "asks": asks, "timestamp": None}
    return {**values, "checksum": compute_checksum(*levels), **more}


def test_a_snapshot_and_its_deltas() -> None:
    book = ReaderBook()
    book.restart(message(BIDS, ASKS, 3))
    assert book.bids() == [("59999.00", "1.00000"), ("59998.00", "2.00000")]
    delta = message([["59999.00", "0"]], [], 4, first_update_id=4)
    delta["checksum"] = message(BIDS[1:], ASKS, 4)["checksum"]
    book.apply(delta)
    assert (book.bids(), book.asks(5)) == ([("59998.00", "2.00000")], [("60001.00", "1.00000")])
    assert book.last_update_id == 4


def test_a_gap_a_repeat_and_a_wrong_checksum_are_noticed() -> None:
    book = ReaderBook()
    with pytest.raises(BookOutOfStep):
        book.apply(message(BIDS, ASKS, 1, first_update_id=1))
    book.restart(message(BIDS, ASKS, 3))
    for first in (3, 5):
        with pytest.raises(BookOutOfStep):
            book.apply(message(BIDS, ASKS, 6, first_update_id=first))
    with pytest.raises(BookOutOfStep, match=r"the checksum is \d+, the feed's is 7"):
        book.apply(message(BIDS, [["60001.00", "5.00000"]], 4, first_update_id=4, checksum=7))


def test_depth_is_counted_from_the_best_level_on_both_sides() -> None:
    book = ReaderBook()
    book.restart(message(BIDS, ASKS, 3))
    assert book.bids(1) == [("59999.00", "1.00000")]
    assert (book.bids(0), book.asks(0)) == ([], [])
    assert (len(book.bids(9)), len(book.asks(9))) == (2, 1)
