"""The feed misbehaves on command too; without FAULTS=on nothing does."""

from protocol.headers import FAULT_HEADER
from tests.support.market_data import run_market_data

PATH = "/v1/admin/faults"


def test_feed_refuses_as_it_is_told(redis_url: str) -> None:
    with run_market_data(redis_url, is_healthy=False, FAULTS="on") as feed:
        rule = {"fault": "refuse", "status": 503, "route": "GET /v1/ticker", "every": 2}
        assert feed.http.post(PATH, json=rule).status_code == 201
        answers = [feed.http.get("/v1/ticker/NONE-NONE") for _ in range(4)]
        assert [FAULT_HEADER in answer.headers for answer in answers] == [False, True, False, True]
        assert answers[1].status_code == 503
        feed.http.delete(PATH).raise_for_status()
        assert feed.http.get(PATH).json() == {"faults": []}


def test_nobody_sets_faults_unless_the_service_was_started_so(redis_url: str) -> None:
    with run_market_data(redis_url, is_healthy=False) as feed:
        assert feed.http.get(PATH).status_code == 404
