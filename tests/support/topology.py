"""What the suites run on: one Redis with one shard, or a cluster with a shard for each instrument.

`--topology 3x3` is the whole session's: what would start a Redis gets a cluster of that shape, and
each instrument has a shard of its own. A cluster is kept, and is empty for its next user.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from launcher.cluster_shape import Shape
from tests.support.redis_cluster import RedisCluster, run_redis_cluster
from tests.support.shards import INSTRUMENTS_FILE

OWN_REDIS = "a Redis with options, or on a port, of the test's own"
PROXIED = "a proxy stands before one server"
LEFT_OUT: Mapping[str, Sequence[str]] = {
    "it plays the only engine, and the change of an order goes to all": (
        "integration/order_gateway/test_orders.py::test_cancel_waits_for_the_engine_by_default",
        "integration/order_gateway/test_orders.py::test_cancel_of_an_unknown_order_is_not_found",
        "integration/order_gateway/test_orders.py::test_cancel_of_a_closed_order_is_a_conflict",
        "integration/order_gateway/test_orders.py::test_amend_carries_only_what_changes",
        "integration/order_gateway/test_orders.py::test_amend_below_the_filled_quantity",
        "integration/order_gateway/test_orders.py::test_refused_amend_of_an_open_order",
        "integration/order_gateway/test_orders.py::test_batch_of_cancels_has_a_result_for_each",
        "integration/order_gateway/test_outages.py::test_health_says_what_is_there",
        "integration/order_gateway/test_overload.py::test_cancels_pass_up_to_twice_the_mark",
        "integration/order_gateway/test_idempotency.py::test_engine_put_something_first",
        "integration/order_gateway/test_idempotency.py::test_change_under_a_key_is_measured",
        "integration/order_gateway/test_idempotency.py::test_replay_of_a_signed_change",
    ),
    "an order's id says its shard, which a name alone does not": (
        "integration/order_gateway/test_exchange.py::test_cancel_by_name_meets_an_order",
    ),
    "it puts commands, or what is published, of every instrument into the first shard": (
        "integration/order_gateway/test_balances.py::test_fees_are_the_accounts_own_else",
        "integration/market_data/test_sessions.py::test_a_url_subscribes",
        "integration/market_data/test_websocket.py::test_subscriptions_narrow_and_widen",
    ),
    "the answer of an exchange with one shard alone": (
        "integration/market_data/test_rest.py::test_health_says_where_the_feed_stands",
        "integration/order_gateway/test_stream.py::test_snapshot_and_reports_have_no_gap",
        "integration/order_gateway/test_stream.py::test_reader_hears_of_nobody_elses_orders",
        "integration/order_gateway/test_stream_bursts.py",
        "integration/order_gateway/test_stream_commands.py::test_reports_and_answers_come_on_one",
        "integration/order_gateway/test_stream_keys.py::test_retracted_key_ends_its_streams",
        "integration/order_gateway/test_stream_money.py",
    ),
    "several shards on one Redis": (
        "integration/archive/test_shards.py",
        "integration/market_data/test_shards.py",
        "system/test_shards.py",
    ),
    "it is about one Redis: its process, users, files, list": (
        "system/test_copied_folder.py::test_a_copy_starts_beside_the_original",
        "system/test_neighbours.py",
        "system/test_redis_integration.py",
        "system/test_start_commands.py::test_status_has_a_line_for_each_process",
        "system/test_start_commands.py::test_systems_that_start_at_once_do_not_share",
        "system/test_start_commands.py::test_redis_",
        "system/test_start_refusals.py::test_a_named_redis_is_used",
        "system/test_start_refusals.py::test_a_server_on_the_default_port",
        "system/test_start_system.py::test_a_killed_service_comes_back_and_the_book_is_kept[redis]",
        "system/test_start_system.py::test_orders_are_refused_while_redis_is_stopped",
        "system/test_supervision.py::test_each_gateway_worker_and_each_service_has_a_process",
        "system/test_supervision.py::test_ctrl_c_stops_everything_in_order_within_five",
        "system/test_supervision.py::test_a_killed_redis_comes_back_with_what_was",
        "system/test_weak_redis.py",
    ),
    "the load test follows one list": ("system/test_overload.py",),
    "it counts on the gateway of Binance": (
        "system/test_dead_database.py::test_the_services_are_ready_and_say_that_they_have",
        "system/test_start_refusals.py::test_a_taken_port_is_named_with_its_owner_and_the_setting[BINANCE_PORT]",
    ),
    "instruments of the test's own, on one shard": ("system/test_gateway_limits.py",),
    "EPHEMERAL, or a clock of its own: not with several shards": (
        "system/test_bench.py",
        "system/test_bot_and_faults.py",
        "system/test_examples.py",
        "system/test_newcomer.py",
        "system/test_readmes.py",
        "system/test_replay.py",
    ),
}
"""Why tests do not run on a cluster with several shards: reason → the beginnings of their names.

Beside them are those that `OWN_REDIS` and `PROXIED` skip as they begin.
"""

_shapes: list[Shape] = []
_idle: list[RedisCluster] = []
_open = ExitStack()


def begin_topology(text: str | None) -> None:
    """Have a session's topology, None for one Redis; raise ValueError for a bad one."""
    if text is not None:
        _shapes.append(Shape.parse(text))
        os.environ |= {"INSTRUMENTS_FILE": str(INSTRUMENTS_FILE), "BINANCE": "off"}


def end_topology() -> None:
    """End the session's clusters."""
    _open.close()


def leave_out(items: list[pytest.Item]) -> None:
    """Mark the tests that are not for the session's topology."""
    if read_shape() is None:
        return
    for reason, names in LEFT_OUT.items():
        mark = pytest.mark.skip(reason=reason)
        for item in items:
            if item.nodeid.removeprefix("tests/").startswith(tuple(names)):
                item.add_marker(mark)


def read_shape() -> Shape | None:
    """Return the shape of the session's clusters, None if it has none."""
    return _shapes[-1] if _shapes else None


@contextmanager
def borrow_cluster(shape: Shape) -> Iterator[RedisCluster]:
    """Have a whole and empty cluster as long as the context: one that is idle, or another."""
    if _idle:
        cluster = _idle.pop()
    else:
        folder = Path(_open.enter_context(TemporaryDirectory(prefix="cluster-")))
        cluster = _open.enter_context(run_redis_cluster(folder, shape))
    cluster.wait_until_whole()
    cluster.clear()
    try:
        yield cluster
    finally:
        _idle.append(cluster)
