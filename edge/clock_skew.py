"""Answers whose clock is ahead: the times in them are moved, and nothing else."""

import re
from datetime import datetime, timedelta

_TIMESTAMP = re.compile(rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z"')
_SERVER_TIME = re.compile(rb'"serverTime":(\d{13}|\d{16})\b')
_MILLISECOND_DIGITS = 13


def skew_times(body: bytes, seconds: float) -> bytes:
    """Return a body of JSON with its timestamps, and Binance's `serverTime`, so much later.

    It is as long as before.
    """
    by = timedelta(seconds=seconds)

    def move(found: re.Match[bytes]) -> bytes:
        moved = datetime.fromisoformat(found[1].decode()) + by
        return f'"{moved.isoformat(timespec="microseconds")}Z"'.encode()

    def move_number(found: re.Match[bytes]) -> bytes:
        unit = 1_000 if len(found[1]) == _MILLISECOND_DIGITS else 1_000_000
        return b'"serverTime":%d' % (int(found[1]) + round(seconds * unit))

    return _SERVER_TIME.sub(move_number, _TIMESTAMP.sub(move, body))
