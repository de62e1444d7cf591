"""The names of shards, and where they lie on a cluster."""

from binascii import crc_hqx

import pytest

from protocol.instrument import list_shards, parse_instruments
from protocol.shards import FIRST, MAX_SHARDS, find_shard, name_shard

SLOTS = 16_384
NAMES = [name_shard(shard) for shard in range(1, MAX_SHARDS + 1)]

INSTRUMENT = """[[instrument]]
symbol='{}-USDT'
base_asset='{}'
quote_asset='USDT'
tick_size='0.01'
lot_size='0.01'
"""


def find_slot(list_name: str) -> int:
    return crc_hqx(list_name.encode(), 0) % SLOTS


def make_text(**shards: object) -> str:
    """Make an instruments file: an instrument's base, and what it says of its shard."""
    return "".join(
        INSTRUMENT.format(base, base) + ("" if shard is None else f"shard={shard}\n")
        for base, shard in shards.items()
    )


def test_first_shard_has_the_names_without_a_number() -> None:
    assert FIRST.order_queue == "order_queue"
    assert FIRST.journal == "{order_queue}:journal"
    assert FIRST.channel("trade_events") == "trade_events"


def test_other_shards_have_their_channels_in_the_slot_of_their_list() -> None:
    names = name_shard(2)
    assert names.order_queue == "order_queue:2q"
    assert names.snapshot_key(7) == "{order_queue:2q}:snapshot:7"
    assert names.channel("trade_events") == "{order_queue:2q}:trade_events"


@pytest.mark.parametrize("nodes", range(2, 17))
def test_few_shards_and_many_lie_evenly_over_the_nodes_of_a_cluster(nodes: int) -> None:
    counts = [0] * nodes
    for shards, names in enumerate(NAMES, 1):
        counts[find_slot(names.order_queue) * nodes // SLOTS] += 1
        fair = -(-shards // nodes)
        assert max(counts) <= fair + 2
        if nodes in {3, 6}:
            assert max(counts) <= fair + 1


def test_number_says_its_shard() -> None:
    assert [find_shard(number) for number in (64, 65, 127, 128)] == [1, 2, 64, 1]


def test_instrument_belongs_to_shard_1_unless_it_says_another() -> None:
    instruments = parse_instruments(make_text(BTC=None, ETH=64, SOL=1))
    assert [one.shard for one in instruments.values()] == [1, 64, 1]
    assert list_shards(instruments.values()) == [1, 64]


@pytest.mark.parametrize(
    ("shard", "message"),
    [
        (0, "shard 0 of ETH-USDT is not from 1 to 64"),
        (65, "shard 65 of ETH-USDT is not from 1 to 64"),
        ("'2'", "Expected `int`"),
        ("2.5", "Expected `int`"),
    ],
)
def test_shard_that_cannot_be_is_refused(shard: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_instruments(make_text(BTC=None, ETH=shard))


def test_exchange_without_shard_1_is_refused() -> None:
    with pytest.raises(ValueError, match="no instrument has shard 1"):
        parse_instruments(make_text(BTC=2))
