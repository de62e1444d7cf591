"""An answer's times are moved, and nothing else is."""

from edge.clock_skew import skew_times


def test_times_are_later_and_the_rest_is_as_it_was() -> None:
    body = b'{"timestamp":"2026-12-31T23:59:59.500000Z","price":"60000.00","n":1767225600000}'
    assert skew_times(body, 1.5) == body.replace(b"2026-12-31T23:59:59.5", b"2027-01-01T00:00:01.0")


def test_time_of_binance_is_moved_in_either_unit() -> None:
    assert skew_times(b'{"serverTime":1767225600000}', 2) == b'{"serverTime":1767225602000}'
    assert skew_times(b'{"serverTime":1767225600000000}', 2) == b'{"serverTime":1767225602000000}'
