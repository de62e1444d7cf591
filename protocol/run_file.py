"""`run.json` in the data folder: what other processes may know of the system that runs there."""

import msgspec

RUN_FILE = "run.json"


class RedisRecord(msgspec.Struct, frozen=True):
    """The Redis that the system uses; `is_own`: start_system.py started it."""

    url: str
    title: str
    is_own: bool


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """What every reader may count on; the launcher adds what its own commands need."""

    redis: RedisRecord
