from benchmark.load.watching.settling import wait_until_equal


def test_an_archive_that_is_behind_is_waited_for() -> None:
    answers = iter([(9, 5), (9, 7), (9, 9), (9, 0)])
    assert wait_until_equal(lambda: next(answers), 10) == 0
    assert next(answers) == (9, 0), "no longer than needed"


def test_how_far_it_is_behind_at_the_deadline() -> None:
    assert wait_until_equal(lambda: (9, 5), 0.05) == 4
