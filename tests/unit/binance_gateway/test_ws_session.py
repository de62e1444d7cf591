"""Who is logged on to a connection of the WebSocket API, and for how long."""

import asyncio
import json
from typing import Any, cast

from binance_gateway.admission import Admission
from binance_gateway.limits.limits import Limits
from binance_gateway.signing.keys import KeyRing
from binance_gateway.words.times import TimeUnit
from binance_gateway.ws_api.frames import read_frame
from binance_gateway.ws_api.session import Session
from binance_gateway.ws_api.transport import WsApi
from edge.api_keys import EVERY_SCOPE, ApiKey
from edge.wrong_keys import WrongKeys
from protocol.settings import Settings
from tests.support.binance import now

KEY = ApiKey("trader-of-16-or-more", "alice", EVERY_SCOPE, "secret-of-16-or-more")
MOVED = ApiKey("trader-of-16-or-more", "bob", EVERY_SCOPE, "secret-of-16-or-more")


class FakeServices:
    """What admission needs of them."""

    def __init__(self) -> None:
        self.limits = Limits(Settings(), cast("Any", None))


def ask(*keys: ApiKey) -> int:
    """Ask as who has logged on while there was `KEY`, now that there are `keys`."""
    admission = Admission(
        KeyRing(keys).find, (lambda: now() * 1_000, lambda: now() * 1_000), WrongKeys()
    )
    metrics, nothing = cast("Any", FakeMetrics()), cast("Any", None)
    api = WsApi(admission, cast("Any", FakeServices()), metrics, nothing)
    session = Session("", TimeUnit.MILLISECOND, True, 0, nothing, KeyRing([KEY]).find(KEY.key))
    sent = {"id": 1, "method": "myAllocations", "params": {"timestamp": now()}}
    answer = asyncio.run(api._carry_out(read_frame(json.dumps(sent)), session))
    return int(cast("Any", answer.content)["code"])


class FakeMetrics:
    """Counts nothing."""

    def count_error(self, _code: int) -> None:
        """Ignore it."""


def test_a_key_that_was_taken_back_is_logged_on_no_more() -> None:
    assert ask(KEY) == -1102  # what is asked for has no symbol
    assert ask() == ask(MOVED) == -2015
