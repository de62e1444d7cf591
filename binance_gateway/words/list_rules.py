"""What the orders of a list must be, beyond what each of them must be by itself."""

from collections.abc import Mapping
from typing import Any

from binance_gateway.words import errors
from binance_gateway.words.enums import TimeInForce, Type
from binance_gateway.words.errors import Fault
from protocol.enums import Side

Values = Mapping[str, Any]

_PROFITS = frozenset({Type.LIMIT_MAKER, Type.TAKE_PROFIT, Type.TAKE_PROFIT_LIMIT})
_LOSSES = frozenset({Type.STOP_LOSS, Type.STOP_LOSS_LIMIT})
_TAKE_PROFITS = _PROFITS - {Type.LIMIT_MAKER}
_WORKING = frozenset({Type.LIMIT, Type.LIMIT_MAKER})
_OF_SELL: Mapping[str, tuple[tuple[frozenset[Type], Fault], ...]] = {
    "above": ((_LOSSES, errors.SELL_LOSS_ABOVE),),
    "below": (
        (frozenset({Type.LIMIT_MAKER}), errors.SELL_LIMIT_BELOW),
        (_TAKE_PROFITS, errors.SELL_PROFIT_BELOW),
    ),
}
_OF_BUY: Mapping[str, tuple[tuple[frozenset[Type], Fault], ...]] = {
    "above": (
        (frozenset({Type.LIMIT_MAKER}), errors.BUY_LIMIT_ABOVE),
        (_TAKE_PROFITS, errors.BUY_PROFIT_ABOVE),
    ),
    "below": ((_LOSSES, errors.BUY_LOSS_BELOW),),
}
"""Types that may not be there, by the place of the leg."""


def check_working(working: Values) -> None:
    """Raise BinanceError unless others can wait for the order."""
    if working["type"] not in _WORKING:
        raise errors.INVALID_ORDER_TYPE()


def check_bought(working: Values, pending_side: Side) -> None:
    """Raise BinanceError unless the working order buys what the pending ones sell."""
    if working["side"] is not Side.BUY:
        raise errors.OPO_WORKING_NOT_BUY()
    if pending_side is not Side.SELL:
        raise errors.OPO_PENDING_NOT_SELL()


def _check_places(above: Values, below: Values) -> None:
    forbidden = _OF_SELL if above["side"] is Side.SELL else _OF_BUY
    for place, leg in (("above", above), ("below", below)):
        for kinds, fault in forbidden[place]:
            if leg["type"] in kinds:
                raise fault()


def check_legs(above: Values, below: Values) -> None:
    """Raise BinanceError unless one leg takes profit, the other is against loss, each in place."""
    types = above["type"], below["type"]
    if types == (Type.LIMIT_MAKER, Type.LIMIT_MAKER):
        raise errors.OCO_BOTH_LIMITS()
    if any(kind not in _PROFITS | _LOSSES for kind in types):
        raise errors.OCO_TYPE_REJECTED()
    _check_places(above, below)
    if not any(kind in _PROFITS for kind in types) or not any(kind in _LOSSES for kind in types):
        raise errors.OCO_TYPE_REJECTED()
    for place, leg in (("above", above), ("below", below)):
        if leg["icebergQty"] is not None and leg["timeInForce"] not in (None, TimeInForce.GTC):
            raise errors.OCO_ICEBERG_NOT_GTC(f"{place}IcebergQty")
