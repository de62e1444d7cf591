from edge.rare_log import SECONDS_BETWEEN, RareLog
from market_data.market.feed_status import SECONDS_UNTIL_DEAF, FeedStatus
from market_data.market.market import Market
from tests.unit.market_data.markets import make_instruments


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_in_sync_needs_a_connection_a_complete_market_and_a_recent_check() -> None:
    clock, market = Clock(), Market(make_instruments())
    status = FeedStatus(market, clock)
    assert not status.is_in_sync
    status.note_check(sequence=5, engine_sequence=5, behind=0)
    assert not status.is_in_sync
    market.is_complete = True
    assert status.is_in_sync
    clock.now += SECONDS_UNTIL_DEAF
    assert not status.is_in_sync
    status.note_check(sequence=5, engine_sequence=9, behind=4)
    assert status.is_in_sync
    status.is_connected = False
    assert not status.is_in_sync


def test_a_long_message_keeps_the_feed_in_sync_while_it_is_applied() -> None:
    clock, market = Clock(), Market(make_instruments())
    status = FeedStatus(market, clock)
    market.is_complete = True
    status.note_check(sequence=5, engine_sequence=5, behind=0)
    for _ in range(5):
        clock.now += SECONDS_UNTIL_DEAF / 2
        status.note_progress()
        assert status.is_in_sync
    assert status.seconds_since_check == 5 * SECONDS_UNTIL_DEAF / 2
    clock.now += SECONDS_UNTIL_DEAF
    assert not status.is_in_sync


class Lines:
    def __init__(self) -> None:
        self.said: list[str] = []

    def warning(self, text: str, *values: object) -> None:
        self.said.append(text % values)


def test_a_warning_that_repeats_is_said_once_in_a_while_with_a_count() -> None:
    clock, lines = Clock(), Lines()
    log = RareLog(lines, clock)  # type: ignore[arg-type]
    for _ in range(100):
        log.warn("garbage")
    clock.now += SECONDS_BETWEEN
    log.warn("garbage")
    assert lines.said == ["garbage", "garbage (99 more like it before)"]
