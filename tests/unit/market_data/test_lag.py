from market_data.following.lag import Lag


def test_lag_is_the_age_of_the_oldest_check_that_is_not_received() -> None:
    lag = Lag()
    assert lag.measure(10.0, {"a": 5, "b": 0}, {"a": 5, "b": 0}) == 0
    assert lag.measure(11.0, {"a": 9, "b": 0}, {"a": 5, "b": 0}) == 0
    assert lag.measure(12.0, {"a": 15, "b": 7}, {"a": 8, "b": 0}) == 1
    assert lag.measure(13.0, {"a": 20, "b": 7}, {"a": 9, "b": 0}) == 1
    assert lag.measure(14.0, {"a": 20, "b": 7}, {"a": 20, "b": 6}) == 2
    assert lag.measure(15.0, {"a": 20, "b": 7}, {"a": 20, "b": 7}) == 0


def test_another_exchange_begins_without_lag() -> None:
    lag = Lag()
    lag.measure(10.0, {"a": 5}, {"a": 0})
    lag.clear()
    assert lag.measure(20.0, {"a": 1}, {"a": 1}) == 0


def test_an_endless_lag_costs_no_endless_memory() -> None:
    lag = Lag()
    for second in range(5_000):
        late = lag.measure(float(second), {"a": second + 1}, {"a": 0})
    assert late == 4_999
    assert len(lag._open) <= 600
