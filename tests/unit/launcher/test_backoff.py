from launcher.supervision.backoff import Backoff


def test_delays_double_up_to_ten_seconds() -> None:
    backoff = Backoff()
    delays = [backoff.next_delay(1.0) for _ in range(8)]
    assert delays == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_a_good_run_begins_anew() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.next_delay(1.0)
    assert backoff.next_delay(31.0) == 0.25
