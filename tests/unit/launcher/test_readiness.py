import pytest

from launcher.supervision.readiness import Health, judge_health, read_health
from tests.support.ports import find_free_port


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        (200, b'{"status": "ok", "engine": "up"}', Health(True, "status=ok engine=up")),
        (200, b'{"status": "ok"}', Health(True, "status=ok")),
        (200, b'{"engine": "down"}', Health(False, "engine=down")),
        (503, b'{"redis": "down"}', Health(False, "503 redis=down")),
        (
            503,
            b'{"status": "not_ready", "reasons": ["Redis is full"], "degraded": ["no history"]}',
            Health(False, "503 status=not_ready (Redis is full) (no history)", is_whole=False),
        ),
        (
            200,
            b'{"status": "ready", "reasons": [], "degraded": ["no history"]}',
            Health(True, "status=ready (no history)", is_whole=False),
        ),
        (500, b"<html>", Health(False, "500")),
        (200, b"[1]", Health(True, "")),
    ],
)
def test_ready_is_200_with_an_engine_that_is_not_down(
    code: int, body: bytes, expected: Health
) -> None:
    assert judge_health(code, body) == expected


def test_no_answer_is_not_ready() -> None:
    url = f"http://127.0.0.1:{find_free_port()}/health"
    assert read_health(url) == Health(False, "no answer")
