from goquant.client.book import Json
from goquant.client.pulse import MOST_QUIET_BEATS, Ids, ReaderPulse


def beat(update_id: int, trade_id: int = 0, *, in_sync: bool = True) -> Json:
    ids = {"update_id": update_id, "trade_id": trade_id}
    return {"in_sync": in_sync, "symbols": {"BTC-USDT": ids, "ETH-USDT": ids}}


def known(update_id: int, trade_id: int = 0) -> Ids:
    return {("BTC-USDT", "update_id"): update_id, ("BTC-USDT", "trade_id"): trade_id}


def test_what_a_heartbeat_told_and_has_not_come_by_the_next_one_was_missed() -> None:
    pulse = ReaderPulse()
    assert pulse.find_missed(beat(9), known(5)) == []
    assert pulse.find_missed(beat(9), known(5)) == ["BTC-USDT"]


def test_what_came_between_two_heartbeats_was_on_its_way() -> None:
    pulse = ReaderPulse()
    assert pulse.find_missed(beat(9, 3), known(5, 2)) == []
    assert pulse.find_missed(beat(12, 4), known(9, 3)) == []
    assert pulse.find_missed(beat(12, 4), known(12, 3)) == ["BTC-USDT"]


def test_a_heartbeat_out_of_sync_promises_nothing() -> None:
    pulse = ReaderPulse()
    assert pulse.find_missed(beat(9, in_sync=False), known(5)) == []
    assert pulse.find_missed(beat(9), known(5)) == []


def test_a_resume_may_take_longer_until_its_pong() -> None:
    pulse = ReaderPulse()
    pulse.ask()
    for _ in range(3 * MOST_QUIET_BEATS):
        pulse.take_other()  # a page of what was missed
        assert pulse.find_missed(beat(0, 50_000), known(0, 1_000)) == []
    pulse.take_pong()
    assert pulse.find_missed(beat(0, 50_000), known(0, 49_000)) == []
    assert pulse.find_missed(beat(0, 50_000), known(0, 49_000)) == ["BTC-USDT"]


def test_a_resume_that_is_never_answered_is_not_awaited_for_ever() -> None:
    pulse = ReaderPulse()
    pulse.ask()
    beats = [pulse.find_missed(beat(9), known(5)) for _ in range(MOST_QUIET_BEATS + 1)]
    assert beats == [[]] * MOST_QUIET_BEATS + [["BTC-USDT"]]
