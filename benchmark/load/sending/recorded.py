"""Recorded order flow as steps of a load."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from benchmark.load.sending.steps import AMEND, CANCEL, NEW, Step
from participants.formats.commands import FileCommand, read_commands
from protocol.instrument import Instrument


def read_recorded(path: Path, instrument: Instrument, count: int) -> list[Step]:
    """Read up to `count` commands, whole numbers as ticks and lots of `instrument`.

    Raises ValueError for a line that cannot be read. Whether the trades come out as recorded
    is not checked here: `benchmark.replay` does that, one command after the other.
    """
    return list(islice(_to_steps(read_commands(path, instrument), instrument), count))


def _to_steps(commands: Iterable[FileCommand], instrument: Instrument) -> Iterator[Step]:
    numbers: dict[str, int] = {}
    count = 0
    for command in commands:
        if command.kind in ("N", "I"):
            numbers[command.order_id] = count
            yield Step(NEW, _to_order(command, instrument))
        elif command.order_id in numbers:
            is_amend = command.kind == "A"
            total = instrument.lots_to_quantity(command.quantity)
            fields = {"quantity": total} if is_amend else {}
            yield Step(AMEND if is_amend else CANCEL, fields, numbers[command.order_id])
        else:  # of an order from before the recording
            continue
        count += 1


def _to_order(command: FileCommand, instrument: Instrument) -> dict[str, str]:
    return {
        "symbol": instrument.symbol,
        "side": "buy" if command.is_buy else "sell",
        "order_type": "ioc" if command.kind == "I" else "limit",
        "price": instrument.ticks_to_price(command.price),
        "quantity": instrument.lots_to_quantity(command.quantity),
    }
