"""With LOG_FORMAT=json all that a system writes is JSON lines."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.launched_system import REAL, launch, make_environment


def test_output_of_a_system_is_json_lines(tmp_path: Path) -> None:
    with launch(REAL, tmp_path / "data", LOG_FORMAT="json") as system:
        system.wait_until_ready()
        system.wait_for_output("following from sequence")  # nobody waits for the archive
    events = [json.loads(line) for line in system.output.splitlines()]
    assert {"launcher", "engine", "archive"} <= {event["service"] for event in events}
    assert any(event["message"].startswith("GoQuant is ready") for event in events)
    assert all({"time", "level", "message"} <= set(event) for event in events)


def test_a_program_reads_one_line_with_ports_and_addresses(tmp_path: Path) -> None:
    """Port 0 takes a free one; what people read is on the other stream."""
    folder = tmp_path / "data"
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, *REAL, "--json"],
            env=make_environment(folder),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        assert ready["pid"] == process.pid
        assert ready["data_dir"] == str(folder)
        assert ready["gateway_port"] != 0
        assert ready["gateway_url"].endswith(f":{ready['gateway_port']}")
        assert ready["feed_url"].endswith(f":{ready['market_data_port']}/ws/market-data")
        assert httpx.get(f"{ready['gateway_url']}/readyz").status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)
    assert rest == ""
    assert process.returncode == 0
    assert "GoQuant is ready" in (tmp_path / "errors").read_text()
