"""Write events as they are published, straight from the engine's own numbers.

The bytes are those that `codec.encode` makes of the types in `protocol.events`, but without an
object for each: saying what happened is most of the engine's work for an order. Nothing needs
escaping: the patterns of accounts, ids and symbols have no quotes. Compiled if there is a compiler
(`event_text.pxd` has the types).
"""

from collections.abc import Mapping

from engine.exchange.json_buffer import JsonBuffer
from engine.exchange.orders import Order
from protocol.assets import Asset
from protocol.enums import BalanceCause, Liquidity
from protocol.instrument import Instrument

NO_TRADE = "null"
_TRUTHS = {None: "null", False: "false", True: "true"}
_buffer = JsonBuffer()


def put_report(
    buffer: JsonBuffer, order: Order, last_trade: str, sequence: int, timestamp: str
) -> None:
    """Append an ExecutionReport of the order's state now.

    `last_trade` is a fill as JSON, or NO_TRADE.
    """
    instrument = order.instrument
    tick, lot = instrument.tick, instrument.lot
    buffer.begin()
    buffer.put('{"type":"execution_report"')
    buffer.put_id(',"order_id":', order.order_id)
    buffer.put_quoted(',"client_order_id":', order.client_order_id)
    buffer.put_quoted(',"account":', order.account)
    buffer.put_quoted(',"symbol":', instrument.symbol)
    buffer.put_quoted(',"side":', order.side)
    buffer.put_quoted(',"order_type":', order.order_type)
    buffer.put_decimal_or_null(',"price":', tick, order.price)
    buffer.put_decimal_or_null(',"stop_price":', tick, order.stop_price)
    buffer.put(',"triggered":')
    buffer.put(_TRUTHS[order.triggered])
    buffer.put_decimal(',"quantity":', lot, order.quantity)
    buffer.put_decimal(',"filled_quantity":', lot, order.filled)
    buffer.put_decimal(',"remaining_quantity":', lot, order.remaining)
    if order.filled:
        buffer.put_quoted(',"filled_notional":', instrument.format_notional(order.notional))
        buffer.put_quoted(
            ',"average_price":', instrument.average_price(order.notional, order.filled)
        )
    else:
        buffer.put_quoted(',"filled_notional":', instrument.no_notional)
        buffer.put_null(',"average_price":')
    buffer.put_quoted(',"status":', order.status)
    buffer.put_quoted(',"reason":', order.reason)
    buffer.put(',"last_trade":')
    buffer.put(last_trade)
    buffer.put_number(',"sequence":', sequence)
    buffer.put_quoted(',"timestamp":', timestamp)
    buffer.put("}")


def report_text(order: Order, last_trade: str, sequence: int, timestamp: str) -> str:
    """Return an ExecutionReport of the order's state now, as JSON."""
    _buffer.clear()
    put_report(_buffer, order, last_trade, sequence, timestamp)
    return _buffer.to_text()


def fill_text(
    instrument: Instrument,
    trade_id: int,
    price: int,
    quantity: int,
    liquidity: Liquidity,
    commission: int,
    asset: Asset | None,
) -> str:
    """Return a Fill as JSON; `commission` is in units of `asset`, None without a ledger."""
    buffer = _buffer
    buffer.clear()
    buffer.put_number('{"trade_id":', trade_id)
    buffer.put_decimal(',"price":', instrument.tick, price)
    buffer.put_decimal(',"quantity":', instrument.lot, quantity)
    buffer.put_quoted(',"liquidity":', liquidity)
    if asset is not None:
        buffer.put_amount(',"commission":', commission, asset.decimals)
        buffer.put_quoted(',"commission_asset":', asset.symbol)
    buffer.put("}")
    return buffer.to_text()


def put_trade(
    buffer: JsonBuffer,
    maker: Order,
    taker: Order,
    trade_id: int,
    price: int,
    quantity: int,
    timestamp: str,
) -> None:
    """Append a Trade."""
    instrument = taker.instrument
    buffer.begin()
    buffer.put('{"type":"trade"')
    buffer.put_quoted(',"symbol":', instrument.symbol)
    buffer.put_number(',"trade_id":', trade_id)
    buffer.put_decimal(',"price":', instrument.tick, price)
    buffer.put_decimal(',"quantity":', instrument.lot, quantity)
    buffer.put_quoted(',"aggressor_side":', taker.side)
    buffer.put_id(',"maker_order_id":', maker.order_id)
    buffer.put_id(',"taker_order_id":', taker.order_id)
    buffer.put_quoted(',"timestamp":', timestamp)
    buffer.put("}")


def put_delta(
    buffer: JsonBuffer,
    instrument: Instrument,
    first_update_id: int,
    last_update_id: int,
    bids: Mapping[int, int],
    asks: Mapping[int, int],
    timestamp: str,
) -> None:
    """Append an L2Delta; levels are price in ticks → quantity in lots, 0 if the level is gone."""
    buffer.begin()
    buffer.put('{"type":"l2_delta"')
    buffer.put_quoted(',"symbol":', instrument.symbol)
    buffer.put_number(',"first_update_id":', first_update_id)
    buffer.put_number(',"last_update_id":', last_update_id)
    buffer.put(',"bids":[')
    _put_levels(buffer, instrument, bids)
    buffer.put('],"asks":[')
    _put_levels(buffer, instrument, asks)
    buffer.put_quoted('],"timestamp":', timestamp)
    buffer.put("}")


def _put_levels(buffer: JsonBuffer, instrument: Instrument, levels: Mapping[int, int]) -> None:
    tick, lot = instrument.tick, instrument.lot
    before = "["
    for price, quantity in levels.items():
        buffer.put_decimal(before, tick, price)
        if quantity:
            buffer.put_decimal(",", lot, quantity)
            buffer.put("]")
        else:
            buffer.put(',"0"]')
        before = ",["


def put_bbo(
    buffer: JsonBuffer,
    instrument: Instrument,
    quote: tuple[int, int, int, int],
    update_id: int,
    timestamp: str,
) -> None:
    """Append a Bbo.

    `quote` is best bid, its quantity, best ask, its quantity, in ticks and lots; 0 for none.
    """
    bid, bid_quantity, ask, ask_quantity = quote
    tick, lot = instrument.tick, instrument.lot
    buffer.begin()
    buffer.put('{"type":"bbo"')
    buffer.put_quoted(',"symbol":', instrument.symbol)
    buffer.put_decimal_or_null(',"bid":', tick, bid)
    buffer.put_decimal_or_null(',"bid_quantity":', lot, bid_quantity)
    buffer.put_decimal_or_null(',"ask":', tick, ask)
    buffer.put_decimal_or_null(',"ask_quantity":', lot, ask_quantity)
    buffer.put_number(',"update_id":', update_id)
    buffer.put_quoted(',"timestamp":', timestamp)
    buffer.put("}")


def put_balance_changed(
    buffer: JsonBuffer,
    account: str,
    asset: str,
    amount: str,
    cause: BalanceCause,
    identifier: str | None,
    sequence: int,
    timestamp: str,
) -> None:
    """Append a BalanceChanged."""
    buffer.begin()
    buffer.put_quoted('{"type":"balance_changed","account":', account)
    buffer.put_quoted(',"asset":', asset)
    buffer.put_quoted(',"amount":', amount)
    buffer.put_quoted(',"cause":', cause)
    buffer.put_quoted(',"id":', identifier)
    buffer.put_number(',"sequence":', sequence)
    buffer.put_quoted(',"timestamp":', timestamp)
    buffer.put("}")


def put_position(buffer: JsonBuffer, account: str, sequence: int, timestamp: str) -> None:
    """Append an AccountPosition up to its first balance; what follows the last is `]}`."""
    buffer.begin()
    buffer.put_quoted('{"type":"account_position","account":', account)
    buffer.put_number(',"sequence":', sequence)
    buffer.put_quoted(',"timestamp":', timestamp)
    buffer.put(',"balances":[')


def put_balance(buffer: JsonBuffer, asset: Asset, free: int, locked: int, is_first: bool) -> None:
    """Append one Balance, in units, with a comma before it unless it is the first."""
    buffer.put_quoted('{"asset":' if is_first else ',{"asset":', asset.symbol)
    buffer.put_amount(',"free":', free, asset.decimals)
    buffer.put_amount(',"locked":', locked, asset.decimals)
    buffer.put("}")
