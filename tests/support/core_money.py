"""The part of a golden scenario that is about money: the ledger it begins with, its balances.

    ledger [unlimited]
      lot 10 BTC, step 5 USDT, maker 0.001, taker 0.002
      alice 100 BTC, 2000 USDT, maker 0, taker 0.0005
    book
      ...
    balances
      alice  BTC free 50 locked 50, USDT free 2000 locked 0

The block comes before the first book. Its first line has the symbol's terms; without one nothing is
settled. The others say what accounts have, in units of the asset, and their own rates for every
symbol. `balances` shows whoever has something. The exchange itself can `exchange: terms lot …`,
`exchange: credit alice 5 BTC`, `exchange: debit …`, `exchange: fees alice maker … taker …`. With
`exchange: number prevented` matches that self-trade prevention prevents are numbered.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import takewhile
from typing import Final

from engine.core import ALL_SYMBOLS, FEE_UNIT, EventKind, EventRow, Matcher, Reason, Terms

from .core_names import ACCOUNTS, ASSETS, FEES, to_account

RATES: Final = ("maker", "taker")


def read_ledger(lines: Sequence[str]) -> list[str]:
    """The lines of the block that the scenario begins with, if there is one."""
    if not lines[0].startswith("ledger"):
        return []
    return [lines[0], *takewhile(lambda line: line.startswith("  "), lines[1:])]


def open_ledger(block: Sequence[str], matcher: Matcher) -> None:
    if not block:
        return
    matcher.open_ledger(len(ASSETS), is_checked="unlimited" not in block[0])
    for _ in ACCOUNTS[1:]:
        matcher.open_account()
    for line in block[1:]:
        owner, _, rest = line.strip().partition(" ")
        if owner == "lot":
            set_terms(f"lot {rest}", matcher)
        else:
            endow(owner, rest, matcher)


def endow(owner: str, text: str, matcher: Matcher) -> None:
    """Give an account amounts and rates: `100 BTC, 2000 USDT, maker 0, taker 0.0005`."""
    rates = {}
    for first, second in (part.split() for part in text.split(", ")):
        if first in RATES:
            rates[first] = to_rate(second)
        else:
            assert matcher.credit(to_account(owner), ASSETS.index(second), int(first))
    if rates:
        matcher.set_fees(to_account(owner), ALL_SYMBOLS, *(rates[name] for name in RATES))


def set_terms(text: str, matcher: Matcher) -> None:
    """Set terms from `lot 10 BTC, step 5 USDT[, maker RATE, taker RATE]`."""
    units = {name: int(rest[0]) for name, *rest in map(str.split, text.split(", ")[:2])}
    rates = [to_rate(part.split()[1]) for part in text.split(", ")[2:]]
    matcher.set_terms(0, Terms(0, 1, units["lot"], units["step"], *rates))


def to_rate(text: str) -> int:
    return int(Decimal(text) * FEE_UNIT)


def run_exchange(command: str, matcher: Matcher) -> list[str]:
    """Do what the exchange itself does; return whether it was refused."""
    verb, _, rest = command.partition(" ")
    words = rest.split()
    if verb == "number":
        matcher.number_prevented()
        return []
    if verb == "terms":
        try:
            set_terms(rest, matcher)
        except ValueError as error:
            return [f"  refused: {error}"]
        return []
    account = to_account(words[0])
    if verb == "fees":
        matcher.set_fees(account, ALL_SYMBOLS, to_rate(words[2]), to_rate(words[4]))
        return []
    amount = int(words[1]) if verb == "credit" else -int(words[1])
    is_done = matcher.credit(account, ASSETS.index(words[2]), amount)
    return [] if is_done else ["  refused"]


def render_shortfall(rows: Sequence[EventRow], matcher: Matcher) -> Iterator[str]:
    """Say what was needed, if funds were short."""
    short = (EventKind.REJECTED, EventKind.COMMAND_REJECTED, EventKind.EXPIRED)
    if any(row[0] in short and row[1] == Reason.INSUFFICIENT_BALANCE for row in rows):
        asset, needed = matcher.shortfall()
        yield f"  needed {needed} {ASSETS[asset]}"


def render_balances(matcher: Matcher) -> list[str]:
    """One line for each account that has something."""
    lines = []
    for account, name in enumerate((FEES, *ACCOUNTS[1:])):
        amounts = [matcher.balance(account, asset) for asset in range(len(ASSETS))]
        if any(map(any, amounts)):
            parts = [
                f"{asset} free {free} locked {locked}"
                for asset, (free, locked) in zip(ASSETS, amounts, strict=True)
            ]
            lines.append(f"  {name:5} {', '.join(parts)}")
    return lines
