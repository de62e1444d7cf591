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
QUANTITY [at PRICE] [stop PRICE] [show N] [trail N|Nbp] TYPE #ID [MODE]`, where TYPE may have the
time in force behind it (`stop_limit/ioc`), `AMOUNT worth` may stand for QUANTITY, and the stop
price of what trails is the price that begins it; or `account: cancel #ID`,
`account: expire #ID`, `account: amend #ID [quantity N] [price N] [stop N]` or `account:
cancel_all`. An order list reads `account: oco|oto|otoco|opo|opoco ORDER | ORDER [| ORDER]`; of an
order that sells what was bought the quantity is `bought`. `exchange: number prevented` and what is
about money are described in `core_money.py`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.core import (
    Event,
    EventRow,
    ListKind,
    Matcher,
    OpenOrder,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TrailingUnit,
    Waiting,
)

from .core_money import (
    open_ledger,
    read_ledger,
    render_balances,
    render_shortfall,
    run_exchange,
)
from .core_names import (
    ACCOUNTS,
    render_event,
    render_order,
    render_pending,
    render_waiting,
    to_account,
    word,
)

TYPES = {word(order_type): order_type for order_type in OrderType}
MODES = {word(mode): mode for mode in SelfTradePrevention}
TIMES_IN_FORCE = {word(time): time for time in TimeInForce}
LISTS = {word(kind): kind for kind in ListKind}
WORTH = 9
"""The place of the amount among the fields of an order, which one of a list has not."""
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
    if verb == "expire":
        return matcher.expire(int(words[0][1:]), owner)
    if verb == "cancel_all":
        return matcher.cancel_all(owner)
    if verb == "amend":
        named = dict(zip(words[1::2], map(int, words[2::2]), strict=True))
        amounts = (named.get("quantity", 0), named.get("price", 0), named.get("stop", 0))
        return matcher.amend(int(words[0][1:]), owner, *amounts)
    if verb in LISTS:
        orders = [read_order(*part.split()) for part in " ".join(words).split(" | ")]
        legs = [order[:WORTH] + order[WORTH + 1 :] for order in orders]
        return matcher.new_list(0, owner, LISTS[verb], legs)
    order_id, *form = read_order(verb, *words)
    return matcher.new(0, order_id, owner, *form)


def read_order(side: str, quantity: str, *words: str) -> list[int]:
    """Read an order, whose side is followed by the words that stand above."""
    rest = list(words)
    amounts, unit = {"at": 0, "stop": 0, "show": 0, "trail": 0}, TrailingUnit.TICKS
    while rest[0] in amounts:
        if rest[1].endswith("bp"):
            unit = TrailingUnit.BASIS_POINTS
        amounts[rest[0]] = int(rest[1].removesuffix("bp"))
        rest = rest[2:]
    is_worth = rest[0] == "worth"
    kind, number, *mode = rest[is_worth:]
    order_type, _, in_force = kind.partition("/")
    prevention = MODES[mode[0]] if mode else SelfTradePrevention.NONE
    number_of_lots = 0 if quantity == "bought" else int(quantity)
    lots, worth = (1, number_of_lots) if is_worth else (number_of_lots, 0)
    form = (SIDES[side], TYPES[order_type], lots, amounts["at"], amounts["stop"], prevention)
    special = (TIMES_IN_FORCE[in_force or "gtc"], amounts["show"], worth, amounts["trail"], unit)
    return [int(number[1:]), *form, *special]


def render_book(matcher: Matcher) -> list[str]:
    """Render the book table, asks above bids, then the orders that wait."""
    resting: dict[tuple[int, int], list[OpenOrder]] = {}
    waiting = []
    for order in matcher.orders(0):
        if order.waiting == Waiting.WORKING_ORDER:
            waiting.append(render_pending(order))
        elif order.waiting:
            waiting.append(render_waiting(order))
        else:
            resting.setdefault((order.side, order.price), []).append(order)
    levels = sorted(resting.items(), key=lambda item: (-item[0][0], -item[0][1]))
    return ["book", *(render_level(*key, orders) for key, orders in levels), *waiting]


def render_level(side: int, price: int, orders: list[OpenOrder]) -> str:
    queue = " | ".join(render_order(order) for order in orders)
    return f"  {word(Side(side)):4} {price} | {queue}"
