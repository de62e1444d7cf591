"""What the generator owes, and what whoever takes the orders does."""

import asyncio
import math
import time

from benchmark.load.sending.dispatch import dispatch
from benchmark.load.sending.requests import Request, make_requests
from benchmark.load.sending.rest_sender import RestSender
from benchmark.load.sending.steps import CANCEL, make_pairs
from benchmark.load.watching.ledger import Ledger
from tests.unit.benchmark.loads import SOL


def test_a_sender_that_blocks_makes_the_generator_late() -> None:
    ledger = Ledger(4)
    requests = make_requests(make_pairs([SOL], 4), rate=100, batch=1)
    asyncio.run(dispatch(requests, ledger, lambda _: time.sleep(0.05)))
    late = [over - due for over, due in zip(ledger.handed_over, ledger.due, strict=True)]
    assert min(late) >= 0
    assert late[3] > 0.05


def test_what_waits_for_its_order_was_handed_over() -> None:
    ledger = Ledger(2)
    sender = RestSender(ledger, lambda _: None)
    requests = [Request(0.0, (1,), CANCEL, b"", target=0)]
    asyncio.run(dispatch(requests, ledger, sender.submit))
    assert ledger.handed_over[1] >= ledger.due[1]
    assert math.isnan(ledger.sent[1]), "it has not left"
