"""Which symbols a call is about, and what is known of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from binance_gateway.calls.call import Call, Weigh
from binance_gateway.market.board import Listing
from binance_gateway.services import Services
from binance_gateway.words import errors
from binance_gateway.words.enums import SymbolStatus
from market_data.history.unavailable import HistoryUnavailable


def find_listing(services: Services, call: Call) -> Listing:
    """Return the symbol of a call that must name one; raise BinanceError."""
    listing = services.board.find(call["symbol"])
    if listing is None:
        raise errors.INVALID_SYMBOL()
    check_sync(services)
    return listing


async def find_listings(
    services: Services, call: Call, *, is_mandatory: bool = False
) -> list[Listing]:
    """Return the symbols of a call that may name one, or some, or none for all.

    Those that have not the wanted status are left out, unless only one was named.
    """
    one, some = call["symbol"], call["symbols"]
    if one is not None and some is not None:
        raise errors.INVALID_COMBINATION()
    if one is None and some is None and is_mandatory:
        raise errors.MISSING_EITHER("symbol", "symbols")
    names = [one] if one is not None else some
    if names is None:
        found = list(services.board)
    else:
        found = [each for each in map(services.board.find, names) if each is not None]
        if len(found) < len(names):
            raise errors.INVALID_SYMBOL()
    check_sync(services)
    with_status = await keep_status(services, call, found)
    if one is not None and not with_status:
        raise errors.OTHER_SYMBOL_STATUS()
    return with_status


async def keep_status(services: Services, call: Call, listings: list[Listing]) -> list[Listing]:
    """Return those of `listings` that have the status that the call wants, if it wants one."""
    wanted: SymbolStatus | None = call["symbolStatus"]
    if wanted is None:
        return listings
    halted = await services.halts.read() or frozenset()
    return [
        each
        for each in listings
        if wanted is (SymbolStatus.HALT if each.symbol in halted else SymbolStatus.TRADING)
    ]


def check_sync(services: Services) -> None:
    """Raise BinanceError while the feed is deaf: what is known may be old."""
    if not services.status.is_in_sync:
        raise errors.DISCONNECTED()


def choose_form(call: Call, found: list[object]) -> object:
    """Return one answer for `symbol`, all of them for `symbols` or none."""
    return found[0] if call["symbol"] is not None else found


def weigh_symbols(of_one: int, of_all: int, steps: Mapping[int, int] | None = None) -> Weigh:
    """Return what weighs `of_one` for a symbol, `of_all` without one.

    `steps`: for up to so many symbols in a list; without them a list weighs as all do.
    """

    def weigh(sent: Mapping[str, str]) -> int:
        if "symbols" in sent and steps is not None:
            number = sent["symbols"].count('"') // 2
            return next((weight for most, weight in steps.items() if number <= most), of_all)
        return of_one if "symbol" in sent else of_all

    return weigh


def weigh_each(of_one: int, highest: int) -> Weigh:
    """Return what weighs `of_one` for each symbol, at most `highest`."""

    def weigh(sent: Mapping[str, str]) -> int:
        number = max(1, sent.get("symbols", "").count('"') // 2)
        return min(highest, of_one * number)

    return weigh


@contextmanager
def asking_history() -> Iterator[None]:
    """Tell that the past cannot be read at the moment."""
    try:
        yield
    except HistoryUnavailable:
        raise errors.DISCONNECTED() from None
