"""Instruments and events for the tests of this folder."""

from protocol.enums import Side
from protocol.events import Bbo, L2Delta, Level, Trade
from protocol.instrument import Instrument, parse_instruments

BTC, ETH = "BTC-USDT", "ETH-USDT"
STAMP = "2026-01-31T12:00:00.000001Z"


def make_instruments() -> dict[str, Instrument]:
    return parse_instruments(
        "".join(
            f'[[instrument]]\nsymbol = "{symbol}"\nbase_asset = "{symbol[:3]}"\n'
            'quote_asset = "USDT"\ntick_size = "0.01"\nlot_size = "0.00001"\n'
            for symbol in (BTC, ETH)
        )
    )


def delta(
    first: int,
    bids: list[Level] | None = None,
    asks: list[Level] | None = None,
    last: int | None = None,
    symbol: str = BTC,
) -> L2Delta:
    count = len(bids or []) + len(asks or [])
    return L2Delta(symbol, first, last or first + count - 1, bids or [], asks or [], STAMP)


def trade(trade_id: int, symbol: str = BTC) -> Trade:
    return Trade(symbol, trade_id, "60000.00", "0.10000", Side.BUY, "1", "2", STAMP)


def bbo(update_id: int, symbol: str = BTC) -> Bbo:
    return Bbo(symbol, "60000.00", "1.00000", None, None, update_id, STAMP)
