"""Golden scenarios: a book, commands, their events, the book after them, as text.

    == name of the scenario
    book
      sell 101 | #1 alice 5
      buy   99 | #2 bob 3
    carol: buy 6 at 101 ioc #3
      accepted #3 buy 6 at 101
      ...
    book
      ...

A book table shows the asks above the bids, best prices in the middle, orders by priority; the
first one is built by limit orders in the order of their ids. A command reads `account: buy|sell
QUANTITY [at PRICE] [stop PRICE] TYPE #ID [MODE]`, `account: cancel #ID`, `account: amend #ID
[quantity N] [price N] [stop N]` or `account: cancel_all`. What is about money is described in
`core_money.py`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.core import Event, EventRow, Matcher, OpenOrder, OrderType, SelfTradePrevention, Side

from .core_money import (
    open_ledger,
    read_ledger,
    render_balances,
    render_shortfall,
    run_exchange,
)
from .core_names import ACCOUNTS, render_event, render_order, render_waiting, to_account, word

TYPES = {word(order_type): order_type for order_type in OrderType}
MODES = {word(mode): mode for mode in SelfTradePrevention}
SIDES = {word(side): side for side in Side}


class Scenario(NamedTuple):
    name: str
    text: str


def read_scenarios(path: Path) -> Iterator[Scenario]:
    for part in path.read_text().split("== ")[1:]:
        name, _, text = part.partition("\n")
        yield Scenario(name.strip(), text.strip() + "\n")


def replay(text: str, matcher: Matcher) -> str:
    """Return what the scenario's text should be, by this matcher."""
    lines = text.splitlines()
    ledger = read_ledger(lines)
    lines = lines[len(ledger) :]
    commands = [line for line in lines if line[:1] not in (" ", "") and line != "book"]
    open_ledger(ledger, matcher)
    build_book(lines, matcher)
    out = ledger + render_book(matcher)
    for command in commands:
        out += [command, *tell(command, matcher)]
    return "\n".join(out + render_book(matcher)) + "\n"


def tell(command: str, matcher: Matcher) -> list[str]:
    """Run a command and return the lines that belong below it."""
    if command == "balances":
        return render_balances(matcher)
    if command.startswith("exchange: "):
        return run_exchange(command.removeprefix("exchange: "), matcher)
    rows = run(command, matcher)
    events = [render_event(Event._make(row)) for row in rows]
    return [*events, *(render_shortfall(rows, matcher) if matcher.accounts else ())]


def build_book(lines: list[str], matcher: Matcher) -> None:
    """Enter the orders of the first table, by their ids."""
    orders: list[tuple[list[str], str, int]] = []
    for line in lines[1:]:
        if not line.startswith("  "):
            break
        side, _, rest = line.strip().partition(" ")
        price, *queue = rest.split(" | ")
        orders += [(order.split(), side, int(price)) for order in queue]
    orders.sort(key=lambda order: int(order[0][0][1:]))
    for (number, account, quantity), side, limit in orders:
        owner = ACCOUNTS.index(account)
        matcher.new(0, int(number[1:]), owner, SIDES[side], OrderType.LIMIT, int(quantity), limit)


def run(command: str, matcher: Matcher) -> Sequence[EventRow]:
    account, _, rest = command.partition(": ")
    owner = to_account(account)
    verb, *words = rest.split()
    if verb == "cancel":
        return matcher.cancel(int(words[0][1:]), owner)
    if verb == "cancel_all":
        return matcher.cancel_all(owner)
    if verb == "amend":
        named = dict(zip(words[1::2], map(int, words[2::2]), strict=True))
        amounts = (named.get("quantity", 0), named.get("price", 0), named.get("stop", 0))
        return matcher.amend(int(words[0][1:]), owner, *amounts)
    return enter(owner, verb, words, matcher)


def enter(owner: int, side: str, words: list[str], matcher: Matcher) -> Sequence[EventRow]:
    """Enter an order from `QUANTITY [at PRICE] [stop PRICE] TYPE #ID [MODE]`."""
    quantity, *rest = words
    prices = {"at": 0, "stop": 0}
    while rest[0] in prices:
        prices[rest[0]] = int(rest[1])
        rest = rest[2:]
    order_type, number, *mode = rest
    prevention = MODES[mode[0]] if mode else SelfTradePrevention.NONE
    form = (SIDES[side], TYPES[order_type], int(quantity), prices["at"], prices["stop"])
    return matcher.new(0, int(number[1:]), owner, *form, prevention)


def render_book(matcher: Matcher) -> list[str]:
    """Render the book table, asks above bids, then the orders that wait."""
    resting: dict[tuple[int, int], list[OpenOrder]] = {}
    waiting = []
    for order in matcher.orders(0):
        if order.waiting:
            waiting.append(render_waiting(order))
        else:
            resting.setdefault((order.side, order.price), []).append(order)
    levels = sorted(resting.items(), key=lambda item: (-item[0][0], -item[0][1]))
    return ["book", *(render_level(*key, orders) for key, orders in levels), *waiting]


def render_level(side: int, price: int, orders: list[OpenOrder]) -> str:
    queue = " | ".join(render_order(order) for order in orders)
    return f"  {word(Side(side)):4} {price} | {queue}"
