"""Parameters: what a call takes, and how the text of each becomes a value.

REST has their text from the query and the form, the WebSocket API from JSON; from there on both
are the same.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from binance_gateway.words import errors
from binance_gateway.words.enums import FAULTS, PREVENTIONS, SIDES, SymbolStatus, TickerType
from binance_gateway.words.numbers import read_amount, read_integer
from binance_gateway.words.symbols import read_symbol
from binance_gateway.words.times import to_microseconds

Read = Callable[[str, str], Any]
"""Makes a value of a parameter's name and text; raises BinanceError."""

AUTHENTICATION = frozenset({"timestamp", "recvWindow", "signature", "apiKey"})
"""What every signed call takes besides its own."""
CLIENT_ORDER_ID_RANGE = r"^[a-zA-Z0-9-_]{1,36}$"
MAX_SYMBOLS = 100
_LAST_MOMENT = 10**16
"""In the year 2286."""

_is_client_order_id = re.compile(CLIENT_ORDER_ID_RANGE, re.ASCII).fullmatch
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. It is None in the values of a call if it was not sent and has no default."""

    name: str
    read: Read
    is_mandatory: bool = False
    default: Any = None


def mandatory(name: str, read: Read) -> Parameter:
    """Return a parameter that must be sent."""
    return Parameter(name, read, is_mandatory=True)


class Parameters:
    """What a call takes."""

    def __init__(self, parameters: Iterable[Parameter], *, is_signed: bool) -> None:
        self._parameters = tuple(parameters)
        self._is_signed = is_signed
        self._defaults = {each.name: each.default for each in self._parameters}
        self._mandatory = tuple(each.name for each in self._parameters if each.is_mandatory)
        self._readers = {each.name: each.read for each in self._parameters}
        self._known = self._readers.keys() | (AUTHENTICATION if is_signed else set())

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters)

    def read(self, sent: Mapping[str, str]) -> dict[str, Any]:
        """Return the value of each parameter; raise BinanceError."""
        known = self._known
        if not sent.keys() <= known:
            read = sum(name in known for name in sent)
            if self._is_signed:
                raise errors.UNREAD_PARAMETERS(read, len(sent))
            raise errors.TOO_MANY_PARAMETERS(len(self._parameters), len(sent))
        for name in self._mandatory:
            if name not in sent:
                raise errors.MISSING_PARAMETER(name)
        values, readers = self._defaults.copy(), self._readers
        for name, text in sent.items():
            read_text = readers.get(name)
            if read_text is None:
                continue  # it was about the caller, who has been admitted
            if not text:
                raise errors.EMPTY_PARAMETER(name)
            values[name] = read_text(name, text)
        return values


def read_time(name: str, text: str) -> int:
    """Return a moment in microseconds; what is later than any calendar needs is the last one."""
    return min(to_microseconds(read_integer(name, text)), _LAST_MOMENT)


def read_boolean(name: str, text: str) -> bool:
    """Return `true` or `false`, in any case."""
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise errors.INVALID_VALUE(name) from None


def read_client_order_id(name: str, text: str) -> str:
    """Return a name that a client gives an order."""
    if not _is_client_order_id(text):
        raise errors.ILLEGAL_CHARACTERS(name, CLIENT_ORDER_ID_RANGE)
    return text


def read_word(words: type[Enum]) -> Read:
    """Return the reader of one of the `words`."""
    return read_key({word.value: word for word in words})


def read_key(table: Mapping[str, Any]) -> Read:
    """Return the reader of a key of the `table`, which returns what the table has for it."""

    def read(name: str, text: str) -> Any:
        try:
            return table[text]
        except KeyError:
            raise FAULTS.get(name, errors.INVALID_VALUE)(name) from None

    return read


def read_ticker_type(_name: str, text: str) -> TickerType:
    """Return how much a ticker is to tell."""
    try:
        return TickerType(text)
    except ValueError:
        raise errors.INVALID_TICKER_TYPE() from None


def read_symbols(name: str, text: str) -> tuple[str, ...]:
    """Return the names in a JSON array."""
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    if not isinstance(names, list) or not names or not all(isinstance(x, str) for x in names):
        raise errors.ILLEGAL_CHARACTERS(
            name, r'^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\]$'
        )
    if len(names) > MAX_SYMBOLS:
        raise errors.TOO_MANY_VALUES(name, MAX_SYMBOLS)
    if len(set(names)) < len(names):
        raise errors.SYMBOL_TWICE()
    return tuple(read_symbol(name, each) for each in names)


def read_permissions(name: str, text: str) -> frozenset[str]:
    """Return the words of a permission, or of a JSON array of them."""
    if not text.startswith("["):
        return frozenset({text})
    try:
        words = json.loads(text)
    except ValueError:
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise errors.INVALID_VALUE(name)
    return frozenset(words)


def limit(default: int, highest: int) -> Parameter:
    """Return the parameter `limit`; what is above the highest is the highest."""

    def read(name: str, text: str) -> int:
        number = read_integer(name, text)
        if not number:
            raise errors.INVALID_VALUE(name)
        return min(number, highest)

    return Parameter("limit", read, default=default)


SYMBOL = mandatory("symbol", read_symbol)
ANY_SYMBOL = Parameter("symbol", read_symbol)
SYMBOLS = Parameter("symbols", read_symbols)
SYMBOL_STATUS = Parameter("symbolStatus", read_word(SymbolStatus))
START_TIME = Parameter("startTime", read_time)
END_TIME = Parameter("endTime", read_time)
FROM_ID = Parameter("fromId", read_integer)
ORDER_ID = Parameter("orderId", read_integer)
ORIG_CLIENT_ORDER_ID = Parameter("origClientOrderId", read_client_order_id)
NEW_CLIENT_ORDER_ID = Parameter("newClientOrderId", read_client_order_id)
TICKER_TYPE = Parameter("type", read_ticker_type, default=TickerType.FULL)
SIDE = mandatory("side", read_key(SIDES))
PREVENTION = Parameter("selfTradePreventionMode", read_key({name: name for name in PREVENTIONS}))
AMOUNT = read_amount
