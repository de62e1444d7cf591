"""Events as they are published, written from the engine's own numbers.

Byte for byte what `codec.encode` makes of the shapes in `protocol.events`, without an object for
each: to say what happened is most of what the engine does for an order. Nothing needs escaping
here: accounts, ids and symbols are of patterns without quotes. Compiled where there is a compiler
(`event_text.pxd` has the types).
"""

from collections.abc import Mapping

from engine.exchange.orders import Order
from engine.exchange.text import Text
from protocol.enums import Liquidity
from protocol.instrument import Instrument

NO_TRADE = "null"
_TRUTHS = {None: "null", False: "false", True: "true"}
_text = Text()


def put_report(text: Text, order: Order, last_trade: str, sequence: int, timestamp: str) -> None:
    """An ExecutionReport: the order's state now; `last_trade` is a fill's text or NO_TRADE."""
    instrument = order.instrument
    tick, lot = instrument.tick, instrument.lot
    text.begin()
    text.put('{"type":"execution_report"')
    text.put_id(',"order_id":', order.order_id)
    text.put_quoted(',"client_order_id":', order.client_order_id)
    text.put_quoted(',"account":', order.account)
    text.put_quoted(',"symbol":', instrument.symbol)
    text.put_quoted(',"side":', order.side)
    text.put_quoted(',"order_type":', order.order_type)
    text.put_steps_if_any(',"price":', tick, order.price)
    text.put_steps_if_any(',"stop_price":', tick, order.stop_price)
    text.put(',"triggered":')
    text.put(_TRUTHS[order.triggered])
    text.put_steps(',"quantity":', lot, order.quantity)
    text.put_steps(',"filled_quantity":', lot, order.filled)
    text.put_steps(',"remaining_quantity":', lot, order.remaining)
    if order.filled:
        text.put_quoted(',"filled_notional":', instrument.format_notional(order.notional))
        text.put_quoted(',"average_price":', instrument.average_price(order.notional, order.filled))
    else:
        text.put_quoted(',"filled_notional":', instrument.no_notional)
        text.put_null(',"average_price":')
    text.put_quoted(',"status":', order.status)
    text.put_quoted(',"reason":', order.reason)
    text.put(',"last_trade":')
    text.put(last_trade)
    text.put_number(',"sequence":', sequence)
    text.put_quoted(',"timestamp":', timestamp)
    text.put("}")


def report_text(order: Order, last_trade: str, sequence: int, timestamp: str) -> str:
    """The same by itself."""
    _text.clear()
    put_report(_text, order, last_trade, sequence, timestamp)
    return _text.to_text()


def fill_text(
    instrument: Instrument, trade_id: int, price: int, quantity: int, liquidity: Liquidity
) -> str:
    """A Fill."""
    text = _text
    text.clear()
    text.put_number('{"trade_id":', trade_id)
    text.put_steps(',"price":', instrument.tick, price)
    text.put_steps(',"quantity":', instrument.lot, quantity)
    text.put_quoted(',"liquidity":', liquidity)
    text.put("}")
    return text.to_text()


def put_trade(
    text: Text,
    maker: Order,
    taker: Order,
    trade_id: int,
    price: int,
    quantity: int,
    timestamp: str,
) -> None:
    """A Trade."""
    instrument = taker.instrument
    text.begin()
    text.put('{"type":"trade"')
    text.put_quoted(',"symbol":', instrument.symbol)
    text.put_number(',"trade_id":', trade_id)
    text.put_steps(',"price":', instrument.tick, price)
    text.put_steps(',"quantity":', instrument.lot, quantity)
    text.put_quoted(',"aggressor_side":', taker.side)
    text.put_id(',"maker_order_id":', maker.order_id)
    text.put_id(',"taker_order_id":', taker.order_id)
    text.put_quoted(',"timestamp":', timestamp)
    text.put("}")


def put_delta(
    text: Text,
    instrument: Instrument,
    first_update_id: int,
    last_update_id: int,
    bids: Mapping[int, int],
    asks: Mapping[int, int],
    timestamp: str,
) -> None:
    """An L2Delta; levels are price in ticks → quantity in lots, 0 where the level is gone."""
    text.begin()
    text.put('{"type":"l2_delta"')
    text.put_quoted(',"symbol":', instrument.symbol)
    text.put_number(',"first_update_id":', first_update_id)
    text.put_number(',"last_update_id":', last_update_id)
    text.put(',"bids":[')
    _put_levels(text, instrument, bids)
    text.put('],"asks":[')
    _put_levels(text, instrument, asks)
    text.put_quoted('],"timestamp":', timestamp)
    text.put("}")


def _put_levels(text: Text, instrument: Instrument, levels: Mapping[int, int]) -> None:
    tick, lot = instrument.tick, instrument.lot
    before = "["
    for price, quantity in levels.items():
        text.put_steps(before, tick, price)
        if quantity:
            text.put_steps(",", lot, quantity)
            text.put("]")
        else:
            text.put(',"0"]')
        before = ",["


def put_bbo(
    text: Text,
    instrument: Instrument,
    quote: tuple[int, int, int, int],
    update_id: int,
    timestamp: str,
) -> None:
    """A Bbo: best bid, its quantity, best ask, its quantity, in ticks and lots; 0 for none."""
    bid, bid_quantity, ask, ask_quantity = quote
    tick, lot = instrument.tick, instrument.lot
    text.begin()
    text.put('{"type":"bbo"')
    text.put_quoted(',"symbol":', instrument.symbol)
    text.put_steps_if_any(',"bid":', tick, bid)
    text.put_steps_if_any(',"bid_quantity":', lot, bid_quantity)
    text.put_steps_if_any(',"ask":', tick, ask)
    text.put_steps_if_any(',"ask_quantity":', lot, ask_quantity)
    text.put_number(',"update_id":', update_id)
    text.put_quoted(',"timestamp":', timestamp)
    text.put("}")
