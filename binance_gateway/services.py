"""What the calls work with."""

from collections.abc import Mapping
from dataclasses import dataclass

from binance_gateway.account.commands import AllCommands
from binance_gateway.account.listen_keys import ListenKeys
from binance_gateway.account.open_limits import OpenLimits
from binance_gateway.account.questions import Questions
from binance_gateway.limits.limits import Limits
from binance_gateway.market.board import Board
from binance_gateway.words.filters import Filters
from binance_gateway.words.symbols import Symbols
from market_data.history.async_archive import AsyncArchive
from market_data.market.whole_market import AnyMarket, AnyStatus
from order_gateway.queueing.halts import Halts
from protocol.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one application; `filters` are by the symbol's name.

    `open_limits` is None where an account may have as many orders open as it likes.
    """

    settings: Settings
    symbols: Symbols
    filters: Mapping[str, Filters]
    limits: Limits
    open_limits: OpenLimits | None
    market: AnyMarket
    status: AnyStatus
    halts: Halts
    commands: AllCommands
    questions: Questions
    listen_keys: ListenKeys
    archive: AsyncArchive | None
    board: Board
