"""The same program gives the same number, whoever batches it how; another one gives another."""

import msgspec
import pytest
from redis import Redis

from engine.audit.digest import compute_digest
from engine.audit.record import Record
from engine.exchange.own_entries import make_advance
from engine.storage.journal import JournalDamaged
from engine.storage.state import Birth
from protocol import channels, codec
from protocol.exchange_clock import ClockMode
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.faults_flow import draw_flow

COMMANDS = 600
BIRTH = Birth(ClockMode.parse("manual"), is_ephemeral=True, seed="7")


def play(client: Redis, url: str, *, seed: int = 3, max_batch: int = 512, worker: str = "a") -> str:
    """Run a flow in an empty exchange, the clock moving on between the orders."""
    client.flushall()
    entries = [_push_by(worker, each) for each in draw_flow(seed, COMMANDS)]
    for place in range(COMMANDS, 0, -50):
        entries.insert(place, make_advance(1_234_567))
    with run_engine(url, max_batch=max_batch, birth=BIRTH):
        client.rpush(channels.ORDER_QUEUE, *entries)
        wait_until_drained(client)
    return compute_digest(Record(client))


def _push_by(worker: str, entry: bytes) -> bytes:
    try:
        command = codec.decode_entry(entry)
    except msgspec.DecodeError:
        return entry
    return codec.encode(msgspec.structs.replace(command, received_at=worker))


def test_same_program_has_the_same_digest(client: Redis, redis_url: str) -> None:
    first = play(client, redis_url)
    assert play(client, redis_url, max_batch=7, worker="b") == first
    assert play(client, redis_url, seed=4) != first


def test_journal_that_was_trimmed_has_no_digest(client: Redis, redis_url: str) -> None:
    play(client, redis_url)
    client.xtrim(channels.JOURNAL, maxlen=1, approximate=False)
    with pytest.raises(JournalDamaged, match="larger SNAPSHOT_INTERVAL"):
        compute_digest(Record(client))
