from goquant.client.book import Json
from goquant.client.heartbeats import MAX_QUIET_HEARTBEATS, HeartbeatMonitor, Ids


def beat(update_id: int, trade_id: int = 0, *, in_sync: bool = True) -> Json:
    ids = {"update_id": update_id, "trade_id": trade_id}
    return {"in_sync": in_sync, "symbols": {"BTC-USDT": ids, "ETH-USDT": ids}}


def known(update_id: int, trade_id: int = 0) -> Ids:
    return {("BTC-USDT", "update_id"): update_id, ("BTC-USDT", "trade_id"): trade_id}


def test_what_a_heartbeat_told_and_has_not_come_by_the_next_one_was_missed() -> None:
    monitor = HeartbeatMonitor()
    assert monitor.find_missed(beat(9), known(5)) == []
    assert monitor.find_missed(beat(9), known(5)) == ["BTC-USDT"]


def test_what_came_between_two_heartbeats_was_on_its_way() -> None:
    monitor = HeartbeatMonitor()
    assert monitor.find_missed(beat(9, 3), known(5, 2)) == []
    assert monitor.find_missed(beat(12, 4), known(9, 3)) == []
    assert monitor.find_missed(beat(12, 4), known(12, 3)) == ["BTC-USDT"]


def test_a_heartbeat_out_of_sync_promises_nothing() -> None:
    monitor = HeartbeatMonitor()
    assert monitor.find_missed(beat(9, in_sync=False), known(5)) == []
    assert monitor.find_missed(beat(9), known(5)) == []


def test_a_resume_may_take_longer_until_its_pong() -> None:
    monitor = HeartbeatMonitor()
    monitor.start_waiting()
    for _ in range(3 * MAX_QUIET_HEARTBEATS):
        monitor.take_message()  # a page of what was missed
        assert monitor.find_missed(beat(0, 50_000), known(0, 1_000)) == []
    monitor.take_pong()
    assert monitor.find_missed(beat(0, 50_000), known(0, 49_000)) == []
    assert monitor.find_missed(beat(0, 50_000), known(0, 49_000)) == ["BTC-USDT"]


def test_a_resume_that_is_never_answered_is_not_awaited_for_ever() -> None:
    monitor = HeartbeatMonitor()
    monitor.start_waiting()
    beats = [monitor.find_missed(beat(9), known(5)) for _ in range(MAX_QUIET_HEARTBEATS + 1)]
    assert beats == [[]] * MAX_QUIET_HEARTBEATS + [["BTC-USDT"]]
