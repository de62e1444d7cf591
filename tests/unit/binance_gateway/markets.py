"""A small market for the tests of this folder: BTC-USDT with ticks of 0.01 and lots of 0.00001."""

from collections.abc import Sequence

from binance_gateway.market.board import Board, Listing
from binance_gateway.market.texts import MarketTexts
from binance_gateway.words.symbols import Symbols
from market_data.market.market import Market
from protocol.enums import Side
from protocol.events import Bbo, L2Delta, Level, Trade
from protocol.timestamps import format_timestamp
from tests.unit.market_data.markets import BTC, make_instruments

EXAMPLE = 1_769_000_000_128_000
"""The stamp of the specification's examples, in microseconds."""


def make_texts() -> MarketTexts:
    return MarketTexts(make_instruments()[BTC], "BTCUSDT")


def make_market() -> Market:
    market = Market(make_instruments())
    market.is_complete = True
    return market


def make_board(market: Market) -> Board:
    return Board(market, Symbols(market.instruments))


def find_btc(board: Board) -> Listing:
    found = board.find("BTCUSDT")
    assert found is not None
    return found


def make_trade(
    trade_id: int,
    price: str,
    quantity: str,
    timestamp: int = EXAMPLE,
    side: Side = Side.BUY,
    taker: str = "7",
) -> Trade:
    stamp = format_timestamp(timestamp)
    return Trade(BTC, trade_id, price, quantity, side, "3", taker, stamp)


def make_delta(
    first: int, last: int, bids: Sequence[Level] = (), asks: Sequence[Level] = ()
) -> L2Delta:
    return L2Delta(BTC, first, last, list(bids), list(asks), format_timestamp(EXAMPLE))


def make_bbo(update_id: int, *prices: str | None) -> Bbo:
    bid, bid_quantity, ask, ask_quantity = prices
    stamp = format_timestamp(EXAMPLE)
    return Bbo(BTC, bid, bid_quantity, ask, ask_quantity, update_id, stamp)
