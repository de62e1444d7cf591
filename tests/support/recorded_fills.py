"""A bot in a recorded market, and whether what it traded follows from the record."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from goquant.testing.exchange import Exchange
from participants.formats.commands import FileCommand
from protocol.instrument import Instrument

Json = dict[str, Any]


def quote_inside(exchange: Exchange, account: str, symbol: str, quantity: str = "0.1") -> None:
    """Have an account quote a step better than everybody else, if there is room."""
    exchange.ask("DELETE", f"/v1/orders?symbol={symbol}", account=account)
    terms = exchange.ask("GET", f"/v1/instruments/{symbol}")
    tick = Decimal(terms["tick_size"])
    book = exchange.book(symbol, depth=1)
    if not (book["bids"] and book["asks"]):
        return
    bid, ask = (Decimal(book[side][0][0]) for side in ("bids", "asks"))
    if ask - bid > 3 * tick:
        order = {"symbol": symbol, "order_type": "post_only"}
        exchange.order(account, "buy", quantity, price=f"{bid + tick}", **order)
        exchange.order(account, "sell", quantity, price=f"{ask - tick}", **order)


def find_unexplained(
    fills: Iterable[Json],
    recorded: Iterable[Json],
    commands: Iterable[FileCommand],
    instrument: Instrument,
) -> Iterator[str]:
    """Yield what is wrong with each of somebody's fills; nothing if the record explains them all.

    A fill is explained if the other side is an order of the record, of the other side, which was
    to be had at this price and has not traded more than it was for.
    """
    orders = {command.order_id: command for command in commands if command.kind in ("N", "I")}
    others: Mapping[int, Json] = {fill["trade_id"]: fill for fill in recorded}
    traded: Counter[str] = Counter()
    for fill in fills:
        other = others.get(fill["trade_id"])
        if other is None:
            yield f"trade {fill['trade_id']} is with nobody of the record"
            continue
        order_id = other["client_order_id"].split(".", 2)[2]
        order, price = orders[order_id], instrument.price_to_ticks(fill["price"])
        traded[order_id] += instrument.lot.to_steps(fill["quantity"])[0]
        if order.is_buy == (fill["side"] == "buy"):
            yield f"{order_id} is of the same side"
        if price > order.price if order.is_buy else price < order.price:
            yield f"{order_id} was not to be had at {fill['price']}"
        if other["liquidity"] == "maker" and price != order.price:
            yield f"{order_id} rested at another price than {fill['price']}"
        if traded[order_id] > order.quantity:
            yield f"{order_id} was for less"
