"""With LOG_FORMAT=json all that a system writes is JSON lines."""

import json
from pathlib import Path

from tests.support.launched_system import REAL, launch


def test_output_of_a_system_is_json_lines(tmp_path: Path) -> None:
    with launch(REAL, tmp_path / "data", LOG_FORMAT="json") as system:
        system.wait_until_ready()
        system.wait_for_output("following from sequence")  # nobody waits for the archive
    events = [json.loads(line) for line in system.output.splitlines()]
    assert {"launcher", "engine", "archive"} <= {event["service"] for event in events}
    assert any(event["message"].startswith("GoQuant is ready") for event in events)
    assert all({"time", "level", "message"} <= set(event) for event in events)
