from itertools import pairwise

import pytest

from protocol.figures import BUCKETS, Durations, find_bucket, upper_bound


@pytest.mark.parametrize(
    ("nanoseconds", "bucket"),
    [(0, 0), (4_095, 0), (4_096, 1), (5_119, 1), (5_120, 2), (8_191, 4), (8_192, 5)],
)
def test_bucket_of_a_duration(nanoseconds: int, bucket: int) -> None:
    assert find_bucket(nanoseconds) == bucket


def test_every_bound_begins_the_next_bucket() -> None:
    for bucket in range(BUCKETS - 1):
        bound = int(upper_bound(bucket))
        assert (find_bucket(bound - 1), find_bucket(bound)) == (bucket, bucket + 1)


def test_no_bucket_is_wider_than_a_quarter_of_where_it_begins() -> None:
    bounds = [upper_bound(bucket) for bucket in range(BUCKETS - 1)]
    assert all(end <= 1.25 * start for start, end in pairwise(bounds))


def test_what_is_longer_than_all_bounds_is_in_the_last_bucket() -> None:
    assert find_bucket(10**15) == BUCKETS - 1
    assert upper_bound(BUCKETS - 1) == float("inf")


def test_durations_count_each_command() -> None:
    durations = Durations()
    durations.add(1_000, times=2)
    durations.add(10**9, times=1)
    *_, last = durations.cumulate()
    assert next(durations.cumulate()) == (4.096e-6, 2)
    assert last == (float("inf"), 3)
    assert durations.nanoseconds == 10**9 + 2_000
