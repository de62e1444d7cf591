"""What the engine writes by hand is what the protocol's own types encode to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.batch import Batch
from engine.exchange.event_text import fill_text, report_text
from engine.exchange.orders import Order
from protocol import codec
from protocol.enums import Liquidity, OrderType, SelfTradePrevention, Side, Status
from protocol.events import ExecutionReport
from protocol.instrument import Instrument, InstrumentSpecification
from tests.support.exchange import Exchange
from tests.support.faults_flow import draw_flow
from tests.support.published_digest import digest_flow

ROOT = Path(__file__).parents[2]
COUNT = 3000
steps = st.integers(1, 10**12)
tick_sizes = st.sampled_from(["0.01", "1", "0.5", "25", "0.00000001", "0.000000000000000001"])


def assert_encoded_like_the_types(batch: Batch) -> None:
    for message in batch.messages.values():
        assert codec.encode(codec.decode_message(message)) == message


@pytest.mark.parametrize("batch_size", [1, 20])
def test_flow_of_every_kind_of_command_is_published_as_the_types_say(batch_size: int) -> None:
    exchange, flow = Exchange(), draw_flow(7, COUNT)
    for first in range(0, COUNT, batch_size):
        assert_encoded_like_the_types(exchange.send(*flow[first : first + batch_size]))


@given(tick_sizes, tick_sizes, steps, steps, steps, st.sampled_from(SelfTradePrevention))
def test_report_of_the_largest_numbers_is_exact(
    tick: str, lot: str, price: int, quantity: int, filled: int, prevention: SelfTradePrevention
) -> None:
    instrument = Instrument(InstrumentSpecification("A-B", "A", "B", tick, lot), 0)
    order = Order(
        2**53 - 1, "id", "alice", instrument, Side.SELL, OrderType.LIMIT, quantity, price, 0,
        prevention, None,
    )  # fmt: skip
    filled = min(filled, quantity)
    order.fill(price, filled, quantity - filled)
    fill = fill_text(instrument, 1, price, filled, Liquidity.MAKER, 0, None)
    text = report_text(order, fill, 9, "now", True)
    report = codec.decode_report(text)
    assert codec.encode(report).decode() == text
    assert report.last_trade == codec.decode_fill(fill)
    assert_states(report, order, price * filled)


def assert_states(report: ExecutionReport, order: Order, notional: int) -> None:
    instrument = order.instrument
    assert order.notional == notional
    assert report.price == instrument.tick.to_text(order.price)
    assert report.filled_quantity == instrument.lot.to_text(order.filled)
    assert report.filled_notional == instrument.format_notional(notional)
    assert report.status is (Status.PARTIALLY_FILLED if order.remaining else Status.FILLED)
    assert report.stop_price is None


@pytest.mark.parametrize("core", ["cython", "python"])
def test_without_a_compiler_the_same_bytes_are_published(core: str) -> None:
    command = [sys.executable, "-m", "tests.support.published_digest", "3", str(COUNT)]
    environment = {**os.environ, "ENGINE_CORE": core}
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    )
    assert result.stdout.split() == [digest_flow(3, COUNT), "False"]
