"""A model's flow in an exchange: one account that trades with itself, and with all others."""

from collections.abc import Iterator
from random import Random
from typing import Protocol

from participants.asking import Ask
from participants.formats.records import Notices
from participants.models.own_book import (
    Canceling,
    Event,
    OwnBook,
    OwnOrder,
    Placing,
    Process,
    Scale,
)
from participants.replay.replay import give_funds
from participants.replay.sending import Sender, SentOrder
from participants.replay.sent_orders import SentOrders
from protocol.instrument import Instrument

ACCOUNT = "flow"


class Model(Protocol):
    """Parameters of a process."""

    def start(self, scale: Scale, chance: Random) -> Process:
        """Return the process."""


class ModelFlow:
    """Has a process act, a second at each step, on the orders that are left of its own.

    Under a manual clock the same seed makes the same commands. Raises what `ask` raises.
    """

    uses_ask_alone = True

    def __init__(
        self,
        ask: Ask,
        model: Model,
        instrument: Instrument,
        scale: Scale,
        start: int,
        seed: int,
        run: str,
    ) -> None:
        give_funds(ask, ACCOUNT, instrument, run)
        self._run = run
        self._instrument = instrument
        self._process = model.start(scale, Random(seed))  # noqa: S311
        self._sender = Sender(ask, ACCOUNT, instrument, Notices())
        self._sent = SentOrders(ask, ACCOUNT, instrument, self._run)
        self._book = OwnBook(start)
        self._names = 0

    def step(self) -> None:
        """Have everything happen that happens in a second; the first one opens the book."""
        if not self._names:
            self._sent.cancel_all()  # of a run that was killed
            self._send(self._process.begin(self._book))
        self._book.replace(self._read_orders())
        self._send(self._process.step(self._book))

    def stop(self) -> None:
        """Take everything out of the book."""
        self._sent.cancel_all()

    def _send(self, events: Iterator[Event]) -> None:
        for event in events:
            self._names += 1
            name = f"{self._run}.{self._names}"
            if isinstance(event, Canceling):
                self._sender.cancel(event.name)
            else:
                is_taker = not isinstance(event, Placing)
                price = event.price if isinstance(event, Placing) else None
                order = SentOrder(name, event.is_buy, price, event.quantity, is_taker)
                self._sender.place(order)
            self._book.apply(event, name)
        self._sender.flush()

    def _read_orders(self) -> Iterator[OwnOrder]:
        """Yield what is open, the oldest first."""
        for order in reversed(self._sent.list_open()):
            price = self._instrument.price_to_ticks(order["price"])
            quantity = self._instrument.lot.to_steps(order["remaining_quantity"])[0]
            yield OwnOrder(order["client_order_id"], order["side"] == "buy", price, quantity)
