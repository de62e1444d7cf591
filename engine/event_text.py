"""Events as they are published, written from the engine's own numbers.

Byte for byte what `codec.encode` makes of the shapes in `protocol.events`, without an object for
each: to say what happened is most of what the engine does for an order. Nothing needs escaping
here: accounts, ids and symbols are of patterns without quotes. Compiled where there is a compiler
(`event_text.pxd` has the types).
"""

from collections.abc import Mapping, Sequence

from engine.orders import Order
from protocol.enums import Liquidity, OrderType, Reason, Side, Status
from protocol.instrument import Instrument

NO_TRADE = "null"
_GONE = '"0"'
_WORDS: dict[str | None, str] = {None: "null"} | {
    word: f'"{word}"' for words in (Side, OrderType, Status, Reason, Liquidity) for word in words
}
_TRUTHS = {None: "null", False: "false", True: "true"}


def end_text(sequence: int, timestamp: str) -> str:
    """What every report of a command ends with."""
    return f',"sequence":{sequence},"timestamp":"{timestamp}"}}'


def report_text(order: Order, last_trade: str, end: str) -> str:
    """An ExecutionReport: the order's state now; `last_trade` is a fill's text or NO_TRADE."""
    instrument = order.instrument
    lot = instrument.lot
    price = _price_text(instrument, order.price)
    stop_price = _price_text(instrument, order.stop_price)
    quantity, remaining = lot.to_text(order.quantity), lot.to_text(order.remaining)
    return (
        f'{{"type":"execution_report","order_id":"{order.text_id}"'
        f',"client_order_id":"{order.client_order_id}","account":"{order.account}"'
        f',"symbol":"{instrument.symbol}","side":{_WORDS[order.side]}'
        f',"order_type":{_WORDS[order.order_type]},"price":{price},"stop_price":{stop_price}'
        f',"triggered":{_TRUTHS[order.triggered]},"quantity":"{quantity}"'
        f',"filled_quantity":"{lot.to_text(order.filled)}","remaining_quantity":"{remaining}"'
        f',"filled_notional":"{instrument.format_notional(order.notional)}"'
        f',"average_price":{_average_text(order)}'
        f',"status":{_WORDS[order.status]},"reason":{_WORDS[order.reason]}'
        f',"last_trade":{last_trade}{end}'
    )


def _average_text(order: Order) -> str:
    if not order.filled:
        return "null"
    return f'"{order.instrument.average_price(order.notional, order.filled)}"'


def _price_text(instrument: Instrument, price: int) -> str:
    """With quotes; null for none."""
    return f'"{instrument.tick.to_text(price)}"' if price else "null"


def _quantity_text(instrument: Instrument, quantity: int) -> str:
    """With quotes; null for none."""
    return f'"{instrument.lot.to_text(quantity)}"' if quantity else "null"


def fill_text(
    instrument: Instrument, trade_id: int, price: int, quantity: int, liquidity: Liquidity
) -> str:
    """A Fill."""
    return (
        f'{{"trade_id":{trade_id},"price":"{instrument.tick.to_text(price)}"'
        f',"quantity":"{instrument.lot.to_text(quantity)}","liquidity":{_WORDS[liquidity]}}}'
    )


def trade_text(
    maker: Order, taker: Order, trade_id: int, price: int, quantity: int, timestamp: str
) -> str:
    """A Trade."""
    instrument = taker.instrument
    return (
        f'{{"type":"trade","symbol":"{instrument.symbol}","trade_id":{trade_id}'
        f',"price":"{instrument.tick.to_text(price)}"'
        f',"quantity":"{instrument.lot.to_text(quantity)}"'
        f',"aggressor_side":{_WORDS[taker.side]},"maker_order_id":"{maker.text_id}"'
        f',"taker_order_id":"{taker.text_id}","timestamp":"{timestamp}"}}'
    )


def delta_text(
    instrument: Instrument,
    first_update_id: int,
    last_update_id: int,
    bids: Mapping[int, int],
    asks: Mapping[int, int],
    timestamp: str,
) -> str:
    """An L2Delta; levels are price in ticks → quantity in lots, 0 where the level is gone."""
    return (
        f'{{"type":"l2_delta","symbol":"{instrument.symbol}","first_update_id":{first_update_id}'
        f',"last_update_id":{last_update_id},"bids":[{_levels_text(instrument, bids)}]'
        f',"asks":[{_levels_text(instrument, asks)}],"timestamp":"{timestamp}"}}'
    )


def _levels_text(instrument: Instrument, levels: Mapping[int, int]) -> str:
    tick, lot = instrument.tick, instrument.lot
    texts = []
    for price, quantity in levels.items():
        total = f'"{lot.to_text(quantity)}"' if quantity else _GONE
        texts.append(f'["{tick.to_text(price)}",{total}]')
    return ",".join(texts)


def bbo_text(
    instrument: Instrument, quote: tuple[int, int, int, int], update_id: int, timestamp: str
) -> str:
    """A Bbo: best bid, its quantity, best ask, its quantity, in ticks and lots; 0 for none."""
    bid, bid_quantity, ask, ask_quantity = quote
    return (
        f'{{"type":"bbo","symbol":"{instrument.symbol}","bid":{_price_text(instrument, bid)}'
        f',"bid_quantity":{_quantity_text(instrument, bid_quantity)}'
        f',"ask":{_price_text(instrument, ask)}'
        f',"ask_quantity":{_quantity_text(instrument, ask_quantity)}'
        f',"update_id":{update_id},"timestamp":"{timestamp}"}}'
    )


def message_text(previous: int, sequence: int, events: Sequence[str]) -> bytes:
    """A ChannelMessage of `events`."""
    happened = ",".join(events)
    return f'{{"previous":{previous},"sequence":{sequence},"events":[{happened}]}}'.encode()
