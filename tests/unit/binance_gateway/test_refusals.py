"""Reasons of engine and archive, in Binance's words."""

import pytest

from binance_gateway.words.errors import MARKET_CLOSED, UNKNOWN
from binance_gateway.words.refusals import WOULD_TRIGGER, translate, translate_amend
from protocol.enums import Reason

_NEVER_ASKED_FOR = {
    Reason.CLOCK_NOT_MANUAL, Reason.NOT_EPHEMERAL, Reason.TRANSFER_ID_REUSED,
    Reason.INTERNAL_ERROR,
}  # fmt: skip
"""Refusals of commands that no call sends, and the engine's own fault."""
_REASONS = list(Reason)
_OF_ENGINE = _REASONS[_REASONS.index(Reason.WOULD_TRADE) : _REASONS.index(Reason.UNREADABLE_ENTRY)]
_OTHERS = [
    Reason.UNKNOWN_SYMBOL, Reason.OFF_TICK, Reason.OFF_LOT, Reason.PRICE_OUT_OF_RANGE,
    Reason.QUANTITY_OUT_OF_RANGE, Reason.NOTIONAL_OUT_OF_RANGE, Reason.AMOUNT_OUT_OF_RANGE,
    Reason.QUEUE_UNAVAILABLE, Reason.OVERLOADED, Reason.ARCHIVE_UNAVAILABLE, Reason.NOT_IN_SYNC,
    Reason.QUEUE_CLEARED,
]  # fmt: skip


@pytest.mark.parametrize("reason", _OF_ENGINE + _OTHERS)
def test_each_refusal_has_its_words(reason: Reason) -> None:
    if reason not in _NEVER_ASKED_FOR:
        assert translate_amend(reason).code != UNKNOWN.code


def test_a_closed_market_and_a_stop_that_is_reached() -> None:
    assert translate(Reason.INSTRUMENT_CLOSED).describe() == MARKET_CLOSED().describe()
    assert translate(Reason.WOULD_TRIGGER).describe() == {"code": -2010, "msg": WOULD_TRIGGER}
