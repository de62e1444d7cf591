"""The limits: weight and requests of an address, new orders of an account, connections."""

from typing import NamedTuple

import msgspec

from binance_gateway.limits.windows import Limit, Windows
from binance_gateway.words import errors
from binance_gateway.words.errors import BinanceError
from edge.rare_log import RareLog
from protocol.codec import encode
from protocol.hosts import is_loopback_address
from protocol.settings import Settings

_MINUTE, _DAY = 60, 86_400
_INTERVALS = {_DAY: "DAY", _MINUTE: "MINUTE", 1: "SECOND"}
_BAN_ABOVE = 1.5
"""How many times its limit an address has used that goes on after it was told to wait."""
_FIRST_BAN_SECONDS = 120
_LONGEST_BAN_SECONDS = 3 * _DAY
_BAN_REMEMBERED_SECONDS = _DAY


class _Ban(NamedTuple):
    until: int
    seconds: int


class Limits:
    """Counts, and refuses what is too much. Times are microseconds since 1970."""

    def __init__(self, settings: Settings, log: RareLog) -> None:
        self.weight = Windows(Limit("REQUEST_WEIGHT", settings.binance_request_weight, _MINUTE))
        self.requests = Windows(Limit("RAW_REQUESTS", settings.binance_raw_requests, 5 * _MINUTE))
        self.connections = Windows(Limit("CONNECTIONS", settings.binance_connections, 5 * _MINUTE))
        self.orders = (
            Windows(Limit("ORDERS", settings.binance_orders_10s, 10)),
            Windows(Limit("ORDERS", settings.binance_orders_day, _DAY)),
        )
        self._texts = {each: _make_count_text(each.limit) for each in (self.weight, *self.orders)}
        self._bans: dict[str, _Ban] = {}
        self._log = log

    @property
    def all(self) -> list[Windows]:
        """Everything that is counted."""
        return [self.weight, self.requests, self.connections, *self.orders]

    def admit(self, address: str, weight: int, now: int) -> None:
        """Count a request of `address`; raise BinanceError if it is too much."""
        ban = self._bans.get(address)
        if ban is not None and ban.until > now:
            raise _too_much(errors.BANNED(ban.until // 1_000), ban.until)
        self.requests.add(address, 1, now)
        self.weight.add(address, weight, now)
        for windows in (self.weight, self.requests):
            if windows.is_exceeded(address, now):
                self._refuse(windows, address, now)

    def forgive(self, address: str, weight: int, now: int) -> None:
        """Take back the weight of a request that weighs nothing because it has succeeded."""
        self.weight.add(address, -weight, now)

    def admit_connection(self, address: str, now: int) -> None:
        """Count a WebSocket connection of `address`; raise BinanceError if there are too many."""
        self.connections.add(address, 1, now)
        if self.connections.is_exceeded(address, now):
            limit = self.connections.limit
            raise _too_much(errors.TOO_MANY_CONNECTIONS(limit.most), limit.find_end(now))

    def check_orders(self, account: str, count: int, now: int) -> None:
        """Raise BinanceError if `count` new orders of `account` would be too many."""
        for windows in self.orders:
            if windows.is_exceeded(account, now, count):
                limit = windows.limit
                number, interval = describe_interval(limit)
                error = errors.TOO_MANY_ORDERS(limit.most, f"{number} {interval}")
                raise _too_much(error, limit.find_end(now))

    def count_orders(self, account: str, count: int, now: int) -> tuple[int, int]:
        """Count orders, or take them back; return how many that makes, by window."""
        first, second = self.orders
        return first.add(account, count, now), second.add(account, count, now)

    def read_orders(self, account: str, now: int) -> tuple[int, int]:
        """Return how many orders count for `account`, by window."""
        first, second = self.orders
        return first.read(account, now), second.read(account, now)

    def tell_counts(self, address: str, account: str | None, now: int) -> msgspec.Raw:
        """Return what counts as an answer tells it: the orders of `account` first, if it is one."""
        told: list[bytes] = []
        if account is not None:
            told += [self._tell(each, account, now) for each in self.orders if each.limit.most]
        if self.weight.limit.most:
            told.append(self._tell(self.weight, address, now))
        return msgspec.Raw(b"[%b]" % b",".join(told))

    def _tell(self, windows: Windows, who: str, now: int) -> bytes:
        return self._texts[windows] % windows.read(who, now)

    def describe(self, kinds: list[Windows]) -> list[dict[str, object]]:
        """Return limits as exchangeInfo has them; one that is off is left out."""
        return [describe_limit(each.limit) for each in kinds if each.limit.most]

    def _refuse(self, windows: Windows, address: str, now: int) -> None:
        limit = windows.limit
        if windows.read(address, now) > _BAN_ABOVE * limit.most:
            ban = self._bans[address] = self._lengthen(address, now)
            self._log.warn(f"{address} is banned for {ban.seconds} seconds: {limit.name}")
            raise _too_much(errors.BANNED(ban.until // 1_000), ban.until)
        what = "request weight" if windows is self.weight else "raw requests"
        error = errors.TOO_MUCH_WEIGHT(limit.most, what, limit.seconds // _MINUTE)
        raise _too_much(error, limit.find_end(now))

    def _lengthen(self, address: str, now: int) -> _Ban:
        before = self._bans.get(address)
        longest = _FIRST_BAN_SECONDS if is_loopback_address(address) else _LONGEST_BAN_SECONDS
        is_again = before and now - before.until < _BAN_REMEMBERED_SECONDS * 1_000_000
        seconds = min(longest, 2 * before.seconds) if before and is_again else _FIRST_BAN_SECONDS
        return _Ban(now + seconds * 1_000_000, seconds)


def describe_interval(limit: Limit) -> tuple[int, str]:
    """Return the number and the word of a limit's interval."""
    seconds, word = next(item for item in _INTERVALS.items() if limit.seconds % item[0] == 0)
    return limit.seconds // seconds, word


def describe_limit(limit: Limit) -> dict[str, object]:
    """Return a limit as exchangeInfo has it."""
    number, interval = describe_interval(limit)
    return {
        "rateLimitType": limit.name,
        "interval": interval,
        "intervalNum": number,
        "limit": limit.most,
    }


def _make_count_text(limit: Limit) -> bytes:
    """Return the template of a limit with its count."""
    return encode(describe_limit(limit))[:-1] + b',"count":%d}'


def _too_much(error: BinanceError, until: int) -> BinanceError:
    error.retry_at = until // 1_000
    return error
