"""Write events as they are published, straight from the engine's own numbers.

The bytes are those that `codec.encode` makes of the types in `protocol.events`, but without an
object for each: saying what happened is most of the engine's work for an order. Nothing needs
escaping: the patterns of accounts, ids and symbols have no quotes.
"""

from engine.exchange.json_buffer import JsonBuffer
from engine.exchange.orders import Order
from protocol.assets import Asset
from protocol.enums import (
    BalanceCause,
    Liquidity,
    SelfTradePrevention,
    TimeInForce,
    TrailingOffsetType,
)
from protocol.instrument import Instrument
from protocol.special_terms import PLAIN, TrailingTerms
from protocol.timestamps import format_timestamp

NO_TRADE = "null"
_GTC = TimeInForce.GTC
_NONE = SelfTradePrevention.NONE
_TRUTHS = {None: "null", False: "false", True: "true"}
_buffer = JsonBuffer()


def put_report(
    buffer: JsonBuffer,
    order: Order,
    last_trade: str,
    sequence: int,
    timestamp: str,
    tells_prevention: bool,
) -> None:
    """Append an ExecutionReport of the order's state now.

    `last_trade` is a fill as JSON, or NO_TRADE. With `tells_prevention` it has the order's mode of
    self-trade prevention, if that is any.
    """
    instrument = order.instrument
    tick, lot = instrument.tick, instrument.lot
    buffer.begin()
    buffer.put('{"type":"execution_report"')
    buffer.put_id(',"order_id":', order.order_id)
    if order.execution_number:
        _put_numbers(buffer, order)
    buffer.put_quoted(',"client_order_id":', order.client_order_id)
    if order.before is not None:
        _put_before(buffer, order)
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
    if order.special is not PLAIN or order.prevented:
        _put_special(buffer, order)
    if tells_prevention and order.self_trade_prevention is not _NONE:
        buffer.put_quoted(',"self_trade_prevention":', order.self_trade_prevention)
    if order.order_list is not None:
        _put_list(buffer, order)
    buffer.put_quoted(',"status":', order.status)
    buffer.put_quoted(',"reason":', order.reason)
    if order.cancel_id is not None:
        buffer.put_quoted(',"cancel_id":', order.cancel_id)
    buffer.put(',"last_trade":')
    buffer.put(last_trade)
    buffer.put_number(',"sequence":', sequence)
    buffer.put_quoted(',"timestamp":', timestamp)
    buffer.put("}")


def _put_numbers(buffer: JsonBuffer, order: Order) -> None:
    if order.number:
        buffer.put_number(',"number":', order.number)
    else:
        buffer.put_null(',"number":')
    buffer.put_number(',"execution_number":', order.execution_number)


def _put_before(buffer: JsonBuffer, order: Order) -> None:
    name, lots = order.before or ("", 0)
    buffer.put_quoted(',"previous_client_order_id":', name)
    buffer.put_decimal(',"previous_quantity":', order.instrument.lot, lots)


def _put_special(buffer: JsonBuffer, order: Order) -> None:
    """Append what few orders have; nothing for what this one has not."""
    special, lot = order.special, order.instrument.lot
    if special.time_in_force is not _GTC:
        buffer.put_quoted(',"time_in_force":', special.time_in_force)
    if order.expires_at:
        buffer.put_quoted(',"expires_at":', format_timestamp(order.expires_at))
    if special.display_quantity:
        buffer.put_decimal(',"display_quantity":', lot, special.display_quantity)
    if special.quote_quantity:
        amount = order.instrument.format_notional(special.quote_quantity)
        buffer.put_quoted(',"quote_quantity":', amount)
    if special.reject_if_triggered:
        buffer.put(',"reject_if_triggered":true')
    if isinstance(special, TrailingTerms):
        _put_trailing(buffer, order, special)
    if order.prevented:
        _put_prevented(buffer, order)


def _put_prevented(buffer: JsonBuffer, order: Order) -> None:
    buffer.put_decimal(',"prevented_quantity":', order.instrument.lot, order.prevented)
    if order.prevented_match is not None:
        buffer.put(',"prevented_match":')
        buffer.put(order.prevented_match)
        order.prevented_match = None


def _put_list(buffer: JsonBuffer, order: Order) -> None:
    buffer.put(',"list":')
    buffer.put(order.order_list.text if order.order_list else "")
    buffer.put('"pending"}' if order.is_pending else '"active"}')


def _put_trailing(buffer: JsonBuffer, order: Order, terms: TrailingTerms) -> None:
    tick = order.instrument.tick
    if terms.trailing_offset_type is TrailingOffsetType.PRICE:
        buffer.put_decimal(',"trailing_offset":', tick, terms.trailing_offset)
    else:
        buffer.put_quoted(',"trailing_offset":', str(terms.trailing_offset))
    buffer.put_quoted(',"trailing_offset_type":', terms.trailing_offset_type)
    if terms.activation_price:
        buffer.put_decimal(',"activation_price":', tick, terms.activation_price)


def prevented_text(
    order: Order, other: Order, number: int, price: int, quantity: int, liquidity: Liquidity
) -> str:
    """Return a PreventedMatch as JSON: what it took from `order`, which met `other`."""
    buffer, instrument = _buffer, order.instrument
    buffer.clear()
    buffer.put_number('{"prevented_match_id":', number)
    buffer.put_decimal(',"price":', instrument.tick, price)
    buffer.put_decimal(',"quantity":', instrument.lot, quantity)
    buffer.put_quoted(',"liquidity":', liquidity)
    buffer.put_id(',"other_order_id":', other.order_id)
    buffer.put("}")
    return buffer.to_text()


def report_text(
    order: Order, last_trade: str, sequence: int, timestamp: str, tells_prevention: bool
) -> str:
    """Return an ExecutionReport of the order's state now, as JSON."""
    _buffer.clear()
    put_report(_buffer, order, last_trade, sequence, timestamp, tells_prevention)
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
    bids: str,
    asks: str,
    timestamp: str,
) -> None:
    """Append an L2Delta, with its levels as `write_levels` writes them."""
    buffer.begin()
    buffer.put('{"type":"l2_delta"')
    buffer.put_quoted(',"symbol":', instrument.symbol)
    buffer.put_number(',"first_update_id":', first_update_id)
    buffer.put_number(',"last_update_id":', last_update_id)
    buffer.put(',"bids":[')
    buffer.put(bids)
    buffer.put('],"asks":[')
    buffer.put(asks)
    buffer.put_quoted('],"timestamp":', timestamp)
    buffer.put("}")


def write_levels(instrument: Instrument, levels: dict[int, int]) -> str:
    """Write levels: price in ticks → quantity in lots, 0 if the level is gone."""
    price, quantity = instrument.ticks_to_price, instrument.lots_to_quantity
    return ",".join(
        f'["{price(ticks)}","{quantity(lots) if lots else 0}"]' for ticks, lots in levels.items()
    )


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
    shard: int | None = None,
    transfer: int | None = None,
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
    if shard is not None and transfer is not None:
        buffer.put_number(',"shard":', shard)
        buffer.put_number(',"transfer":', transfer)
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
