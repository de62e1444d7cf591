"""Recorded order flow as steps of a load."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

from benchmark.load.sending.steps import AMEND, CANCEL, NEW, Step
from benchmark.shared.commands_file import FileCommand, read_commands
from benchmark.shared.market import Spot


def read_recorded(path: Path, spot: Spot, count: int) -> list[Step]:
    """Read up to `count` commands, prices in ticks and quantities in lots of the spot's symbol.

    Raises ValueError for a line that cannot be read. Whether the trades come out as recorded
    is not checked here: `benchmark.replay` does that, one command after the other.
    """
    return list(islice(_to_steps(read_commands(path), spot), count))


def _to_steps(commands: Iterable[FileCommand], spot: Spot) -> Iterator[Step]:
    numbers: dict[str, int] = {}
    count = 0
    for command in commands:
        if command.kind in ("N", "I"):
            numbers[command.order_id] = count
            yield Step(NEW, _to_order(command, spot))
        elif command.order_id in numbers:
            is_amend = command.kind == "A"
            fields = {"quantity": spot.in_lots(command.quantity)} if is_amend else {}
            yield Step(AMEND if is_amend else CANCEL, fields, numbers[command.order_id])
        else:  # of an order from before the recording
            continue
        count += 1


def _to_order(command: FileCommand, spot: Spot) -> dict[str, str]:
    return {
        "symbol": spot.symbol,
        "side": "buy" if command.is_buy else "sell",
        "order_type": "ioc" if command.kind == "I" else "limit",
        "price": f"{Decimal(command.price) * spot.tick_size:f}",
        "quantity": spot.in_lots(command.quantity),
    }
