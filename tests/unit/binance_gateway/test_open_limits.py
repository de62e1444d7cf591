"""What an account has counts against the position that it may have, and orders wait in turn."""

import asyncio
from typing import Any, cast

import pytest

from archive.records import OrderRecord
from binance_gateway.account.open_limits import MostOpen, OpenLimits
from binance_gateway.app import create_app
from binance_gateway.words.enums import Type
from binance_gateway.words.errors import BinanceError
from binance_gateway.words.numbers import UNIT
from binance_gateway.words.symbols import Symbols
from protocol.enums import Side
from protocol.events import Balance
from protocol.settings import Settings
from tests.unit.market_data.markets import make_instruments

PRESENT = {1: 7}
SYMBOL = Symbols(make_instruments()).find("BTCUSDT")
BUY = {"side": Side.BUY, "type": Type.MARKET, "quantity": 2 * UNIT, "icebergQty": None}


class Account:
    """Plays the engine and the archive of one account."""

    def __init__(self, free: str) -> None:
        self.balances = [Balance("USDT", "1000000", "0"), Balance("BTC", free, "0.5")]
        self.orders: list[OrderRecord] = []

    async def find_present(self, _account: str, symbol: str) -> dict[int, int]:
        """Return where the symbol's engine is."""
        assert symbol == "BTC-USDT"
        await asyncio.sleep(0)
        return PRESENT

    async def list_open(self, _account: str, _symbol: object, least: object) -> list[OrderRecord]:
        """Return what is open as of the commands `least`."""
        assert least == PRESENT
        return list(self.orders)

    async def read_balances(self, _account: str, least: object) -> list[Balance]:
        """Return the balances as of the commands `least`."""
        assert least == PRESENT
        return self.balances


def make_limits(account: Account, **most: Any) -> OpenLimits:
    known = cast("Any", account)
    return OpenLimits(MostOpen(**most), known, known)


@pytest.mark.parametrize(("free", "is_refused"), [("7.5", False), ("7.50000001", True)])
def test_what_one_has_counts_with_what_one_buys(free: str, is_refused: bool) -> None:
    limits = make_limits(Account(free), positions={"BTC": 10 * UNIT})

    async def buy() -> None:
        async with limits.admit("a", SYMBOL, [BUY]):
            pass

    if not is_refused:
        asyncio.run(buy())
        return
    with pytest.raises(BinanceError) as refused:
        asyncio.run(buy())
    assert refused.value.describe() == {"code": -1013, "msg": "Filter failure: MAX_POSITION"}


def test_orders_of_an_account_do_not_pass_each_other() -> None:
    account = Account("0")
    limits = make_limits(account, orders=1)
    resting = BUY | {"type": Type.LIMIT_MAKER}

    async def place() -> bool:
        try:
            async with limits.admit("a", SYMBOL, [resting]):
                await asyncio.sleep(0)
                account.orders.append(cast("Any", _Open()))
        except BinanceError:
            return False
        return True

    async def place_all() -> list[bool]:
        return await asyncio.gather(*(place() for _ in range(3)))

    assert asyncio.run(place_all()) == [True, False, False]


class _Open:
    order_type, display_quantity, list, side, remaining_quantity = "limit", None, None, "buy", "2"


@pytest.mark.parametrize("text", ["BTC", "BTC=", "=1", "BTC=-1", "BTC=1e3", "BTC=1,ETH"])
def test_position_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not an asset and an amount"):
        Settings(binance_max_position=text)


def test_position_of_what_nobody_can_buy_is_named() -> None:
    with pytest.raises(ValueError, match=r"XYZ is not the base asset .* BTC, ETH"):
        create_app(Settings(binance_max_position="BTC=1,XYZ=5"), make_instruments())


def test_positions_are_read_with_blanks() -> None:
    most = MostOpen.read(Settings(binance_max_position=" BTC=10, ETH=0.5 "))
    assert most.positions == {"BTC": 10 * UNIT, "ETH": UNIT // 2}
