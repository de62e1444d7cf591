"""The sub-commands find the running system by its data folder. The services are stand-ins."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import pytest

from launcher.redis.server import connect
from protocol import channels
from protocol.enums import MarketName
from protocol.market_file import MarketFile, SimulatedMarket
from tests.support.launched_system import (
    REAL,
    STAND_IN,
    LaunchedSystem,
    launch,
    make_environment,
    run_command,
)
from tests.support.ports import find_free_port
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaunchedSystem]:
    """For the tests that leave it as it is."""
    with launch(STAND_IN, tmp_path_factory.mktemp("commands") / "data") as system:
        system.wait_until_ready()
        yield system


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[LaunchedSystem]:
    """For a test that stops something."""
    with launch(STAND_IN, tmp_path / "data") as system:
        system.wait_until_ready()
        yield system


def test_status_has_a_line_for_each_process(system: LaunchedSystem) -> None:
    with connect(system.record.redis.url) as client:
        client.set(channels.LEASE, b"stand-in")
        answer = run_command(system.folder, "status")
        client.delete(channels.LEASE)
    lines = {line.split()[0]: line.split()[1:] for line in answer.stdout.splitlines()}
    for name, process in system.processes.items():
        assert lines[name][:2] == ["running", str(process.pid)]
    assert answer.returncode == 0


def read_status(system: LaunchedSystem, service: str) -> str:
    """Return the line of a service."""
    lines = run_command(system.folder, "status").stdout.splitlines()
    return next(line for line in lines if line.startswith(service))


def test_status_tells_of_simulated_traders(system: LaunchedSystem) -> None:
    assert read_status(system, "participants").split()[1] == "off"
    market_file = MarketFile(system.folder)
    market_file.write(SimulatedMarket(MarketName.DEMO, seed=7))
    try:
        wait_until(lambda: "participants" in system.processes, "they run")
        assert read_status(system, "participants").endswith("demo on BTC-USDT, seed 7")
    finally:
        market_file.write(None)
    wait_until(lambda: "participants" not in system.processes, "they have ended")


def test_status_of_an_engine_without_a_lease_is_not_well(system: LaunchedSystem) -> None:
    answer = run_command(system.folder, "status")
    assert "holds no lease" in answer.stdout
    assert answer.returncode == 1


@pytest.mark.parametrize("buffering", ["0", "1"])
def test_status_ends_quietly_where_nobody_reads_on(system: LaunchedSystem, buffering: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        answer = subprocess.run(
            [sys.executable, *REAL, "status"], stdout=writer, stderr=subprocess.PIPE, text=True,
            env=make_environment(system.folder) | {"PYTHONUNBUFFERED": buffering.strip("0")},
            timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert answer.stderr == ""


def test_commands_without_a_running_system_say_how_to_start_one(tmp_path: Path) -> None:
    for command in (["status"], ["check"], ["redis", "status"]):
        answer = run_command(tmp_path / "none", *command)
        assert answer.returncode == 1
        assert "no system is running" in answer.stderr
        assert "Traceback" not in answer.stderr


def test_a_second_system_runs_beside_the_first(system: LaunchedSystem, tmp_path: Path) -> None:
    with launch(STAND_IN, tmp_path / "data-2") as second:
        record = second.wait_until_ready()
        assert record.redis.url != system.record.redis.url
        assert record.gateway_url != system.record.gateway_url
        assert set(second.processes.values()).isdisjoint(system.processes.values())


def test_systems_that_start_at_once_do_not_share_a_redis(tmp_path: Path) -> None:
    port = str(find_free_port())
    with ExitStack() as stack:
        systems = [
            stack.enter_context(launch(STAND_IN, tmp_path / f"data-{number}", REDIS_PORT=port))
            for number in range(3)
        ]
        records = [system.wait_until_ready() for system in systems]
        assert len({record.redis.url for record in records}) == 3
        for system, record in zip(systems, records, strict=True):
            with connect(record.redis.url) as client:
                assert client.info("server")["process_id"] == system.processes["redis"].pid


def test_redis_stop_holds_and_restart_brings_it_back_with_its_data(
    own_system: LaunchedSystem,
) -> None:
    with connect(own_system.record.redis.url) as client:
        client.set("kept", b"1")
    assert run_command(own_system.folder, "redis", "stop").returncode == 0
    own_system.wait_for_output("held until")
    answer = run_command(own_system.folder, "redis", "status")
    assert answer.returncode == 1
    assert "holds it" in answer.stdout
    assert run_command(own_system.folder, "redis", "restart").returncode == 0
    with connect(own_system.record.redis.url) as client:
        assert client.get("kept") == b"1"
    # the launcher writes its run file a moment after the server answers
    wait_until(lambda: "redis" in own_system.processes, "Redis is in the run file")
    before = own_system.processes["redis"]
    assert run_command(own_system.folder, "redis", "restart").returncode == 0
    wait_until(
        lambda: own_system.processes.get("redis", before) != before, "there is another Redis"
    )
    assert "WARNING" not in own_system.output  # what is done on purpose does not look like a crash
    assert "Bye" not in own_system.output


def test_redis_status_and_logs_say_what_the_server_does(system: LaunchedSystem) -> None:
    answer = run_command(system.folder, "redis", "status")
    assert answer.returncode == 0
    assert "noeviction" in answer.stdout
    assert "append-only file on" in answer.stdout
    logs = run_command(system.folder, "redis", "logs", "--lines", "5").stdout
    assert len(logs.splitlines()) == 5
    assert "Ready to accept connections" in logs


def test_redis_clear_asks_the_engine_where_one_lives(system: LaunchedSystem) -> None:
    with connect(system.record.redis.url) as client:
        client.rpush(channels.ORDER_QUEUE, b"{}", b"{}")
        client.set(channels.LEASE, b"stand-in")
        assert run_command(system.folder, "redis", "clear").returncode == 0
        head = json.loads(cast("bytes", client.lpop(channels.ORDER_QUEUE)))
        assert head == {"command": "clear_queue", "quantity": "2"}
        assert client.llen(channels.ORDER_QUEUE) == 2
        client.delete(channels.LEASE, channels.ORDER_QUEUE)


def test_redis_clear_deletes_after_asking_where_no_engine_lives(system: LaunchedSystem) -> None:
    with connect(system.record.redis.url) as client:
        client.rpush(channels.ORDER_QUEUE, b"{}", b"{}")
        assert run_command(system.folder, "redis", "clear").returncode == 1  # nobody said yes
        assert client.llen(channels.ORDER_QUEUE) == 2
        answer = run_command(system.folder, "redis", "clear", "--yes")
        assert answer.stdout == "2 pending orders deleted.\n"
        assert client.llen(channels.ORDER_QUEUE) == 0


def test_redis_dead_lists_entries_with_their_reason(system: LaunchedSystem) -> None:
    entry = {
        "sequence": 7, "timestamp": "2026-01-31T12:00:00.000001Z", "reason": "unreadable_entry",
        "detail": "not JSON", "entry": "garbage",
    }  # fmt: skip
    with connect(system.record.redis.url) as client:
        client.rpush(channels.DEAD, json.dumps(entry), b"not even ours")
        lines = run_command(system.folder, "redis", "dead").stdout.splitlines()
        client.delete(channels.DEAD)
    assert lines[0] == "7 2026-01-31T12:00:00.000001Z unreadable_entry: not JSON  'garbage'"
    assert lines[1] == "b'not even ours'"
    assert lines[2] == "2 unreadable entries."


def test_reset_asks_then_stops_the_system_and_deletes_its_folder(
    own_system: LaunchedSystem,
) -> None:
    assert run_command(own_system.folder, "reset").returncode == 1
    assert own_system.process.poll() is None
    processes = list(own_system.processes.values())
    answer = run_command(own_system.folder, "reset", "--yes")
    assert answer.returncode == 0, answer.stderr
    assert own_system.wait_until_ended() == 0
    assert not own_system.folder.exists()
    assert not any(process.is_alive for process in processes)


def test_reset_leaves_a_folder_alone_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    answer = run_command(tmp_path, "reset", "--yes")
    assert answer.returncode == 1
    assert "nothing was deleted" in answer.stderr
    assert (tmp_path / "thesis.txt").exists()


def test_help_needs_no_set_up(tmp_path: Path) -> None:
    answer = run_command(tmp_path, "--help")
    assert answer.returncode == 0
    assert "Ctrl-C" in answer.stdout
