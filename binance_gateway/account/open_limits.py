"""How many orders and lists an account may have open on a symbol, where that is limited."""

from asyncio import Lock
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple, Self
from weakref import WeakValueDictionary

from archive.records import OrderRecord
from binance_gateway.account.commands import AllCommands
from binance_gateway.account.questions import Questions
from binance_gateway.words import errors
from binance_gateway.words.enums import TimeInForce, Type
from binance_gateway.words.errors import BinanceError
from binance_gateway.words.filters import Filter, describe_position
from binance_gateway.words.numbers import to_units
from binance_gateway.words.order_rules import WAITING
from binance_gateway.words.symbols import Symbol
from protocol.commands import QueueEntry
from protocol.enums import TRIGGERED_TYPES, Side
from protocol.settings import Settings, read_amounts

Values = Mapping[str, Any]


class MostOpen(NamedTuple):
    """The limits of each account on each symbol; 0, or an asset without an amount: none."""

    orders: int = 0
    waiting: int = 0
    icebergs: int = 0
    lists: int = 0
    amends: int = 0
    """Of one order, in its life."""
    positions: Mapping[str, int] = {}
    """Of what an account has of a base asset and is buying of it, in 10^-8."""

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Return those that the settings say."""
        positions = read_amounts(settings.binance_max_position).items()
        return cls(
            settings.binance_max_num_orders,
            settings.binance_max_num_algo_orders,
            settings.binance_max_num_iceberg_orders,
            settings.binance_max_num_order_lists,
            settings.binance_max_num_order_amends,
            {asset: to_units(amount) for asset, amount in positions},
        )

    def describe(self, base: str) -> list[Filter]:
        """Return the filters of those that there are for a base asset, as exchangeInfo has them."""
        numbers = [
            {"filterType": kind.filter, kind.field: most}
            for kind, most in zip(_KINDS, self[:-1], strict=True)
            if most
        ]
        position = self.positions.get(base)
        return numbers if position is None else [*numbers, describe_position(position)]


class _Kind(NamedTuple):
    filter: str
    field: str


_KINDS = (
    _Kind("MAX_NUM_ORDERS", "maxNumOrders"),
    _Kind("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders"),
    _Kind("MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders"),
    _Kind("MAX_NUM_ORDER_LISTS", "maxNumOrderLists"),
    _Kind("MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends"),
)
_AMENDS = _KINDS[-1]


class OpenLimits:
    """Counts what an account has open when it places more, as of everything queued until then.

    The orders of an account that come in by this worker wait for each other. What comes in by
    another one, or natively, between the count and the order is not counted.
    """

    def __init__(self, most: MostOpen, commands: AllCommands, questions: Questions) -> None:
        self._most = most
        self._commands = commands
        self._questions = questions
        self._locks: WeakValueDictionary[str, Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def admit(
        self,
        account: str,
        symbol: Symbol,
        orders: Sequence[Values],
        *,
        is_list: bool = False,
        is_replaced: Callable[[OrderRecord], bool] = lambda _: False,
    ) -> AsyncIterator[None]:
        """Let orders be placed within the context; raise BinanceError if they would be too many.

        `is_replaced` says which open order makes room for them.
        """
        lock = self._locks.setdefault(account, Lock())
        async with lock:
            present = await self._commands.find_present(account, symbol.instrument.symbol)
            found = await self._questions.list_open(account, symbol, present)
            opened = [order for order in found if not is_replaced(order)]
            new = _count_new(orders, is_list=is_list)
            for kind, most, had, more in zip(
                _KINDS, self._most[:-1], _count_open(opened), new, strict=False
            ):
                if most and more and had + more > most:
                    raise errors.FILTER_FAILURE(kind.filter)
            await self._check_position(account, symbol, orders, opened, present)
            yield

    async def _check_position(
        self,
        account: str,
        symbol: Symbol,
        orders: Sequence[Values],
        opened: Sequence[OrderRecord],
        present: Mapping[int, int],
    ) -> None:
        most = self._most.positions.get(symbol.base)
        bought = sum(each["quantity"] or 0 for each in orders if each["side"] is Side.BUY)
        if most is None or not bought:
            return
        bought += sum(to_units(each.remaining_quantity) for each in opened if each.side == Side.BUY)
        if bought + await self._read_held(account, symbol.base, present) > most:
            raise errors.FILTER_FAILURE("MAX_POSITION")

    async def _read_held(self, account: str, asset: str, present: Mapping[int, int]) -> int:
        """Return what the account has of an asset; nothing where no balances are kept."""
        try:
            balances = await self._questions.read_balances(account, present)
        except BinanceError as error:
            if error.code != errors.UNSUPPORTED.code:
                raise
            return 0
        held = (each for each in balances or () if each.asset == asset)
        return sum(to_units(each.free) + to_units(each.locked) for each in held)

    async def check_amend(self, account: str, symbol: Symbol, amend: QueueEntry) -> None:
        """Raise BinanceError if an order has been amended too often to be amended again."""
        most = self._most.amends
        if not most:
            return
        number = amend.number
        with suppress(BinanceError):  # the engine says what is wrong with an order that is none
            order = await self._questions.find_order(account, symbol, number, amend.client_order_id)
            number = order.number
        known = await self._questions.list_amendments(account, number or 0, 0, most)
        if len(known) >= most:
            raise errors.AMEND_REJECTED(f"Filter failure: {_AMENDS.filter}")


def _count_open(orders: Sequence[OrderRecord]) -> tuple[int, int, int, int]:
    return (
        len(orders),
        sum(order.order_type in TRIGGERED_TYPES for order in orders),
        sum(order.display_quantity is not None for order in orders),
        len({order.list.list_id for order in orders if order.list}),
    )


def _count_new(orders: Sequence[Values], *, is_list: bool) -> tuple[int, int, int, int]:
    """Return how many of each kind come to rest or wait: what cannot do either does not count."""
    staying = [each for each in orders if _stays(each)]
    return (
        len(staying),
        sum(each["type"] in WAITING for each in staying),
        sum(each["icebergQty"] is not None for each in staying),
        int(is_list),
    )


def _stays(values: Values) -> bool:
    if values["type"] is Type.MARKET:
        return False
    return values["type"] is not Type.LIMIT or values["timeInForce"] is TimeInForce.GTC
