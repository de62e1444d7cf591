"""Methods that belong to a connection: logging on, and following an account."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from binance_gateway.calls.call import Security
from binance_gateway.calls.parameters import Parameter, Parameters
from binance_gateway.signing.keys import Signer
from binance_gateway.words.numbers import read_integer
from binance_gateway.ws_api.session import Session

WEIGHT = 2


class Asked(NamedTuple):
    """A use of a method: its values, who has signed it, and the exchange's time."""

    session: Session
    values: dict[str, Any]
    signer: Signer
    now: int


class SessionMethod(NamedTuple):
    """A method; `security` NONE needs no signature. `is_of_session`: only of who is logged on."""

    handler: Callable[[Asked], Awaitable[object]]
    parameters: Parameters
    security: Security = Security.NONE
    is_of_session: bool = False


async def _log_on(asked: Asked) -> object:
    asked.session.signer, asked.session.authorized_since = asked.signer, asked.now
    return asked.session.describe(asked.now)


async def _tell_status(asked: Asked) -> object:
    return asked.session.describe(asked.now)


async def _log_out(asked: Asked) -> object:
    asked.session.signer = asked.session.authorized_since = None
    asked.session.subscriptions.end_of_session()
    return asked.session.describe(asked.now)


async def _subscribe(asked: Asked) -> object:
    number = await asked.session.subscriptions.begin(asked.signer, is_of_session=True)
    return {"subscriptionId": number}


async def _subscribe_signed(asked: Asked) -> object:
    number = await asked.session.subscriptions.begin(asked.signer, is_of_session=False)
    return {"subscriptionId": number}


async def _unsubscribe(asked: Asked) -> object:
    asked.session.subscriptions.end(asked.values["subscriptionId"])
    return {}


async def _list_subscriptions(asked: Asked) -> object:
    return [{"subscriptionId": number} for number in asked.session.subscriptions.ids]


_NONE, _SIGNED = Parameters((), is_signed=False), Parameters((), is_signed=True)
_SUBSCRIPTION = Parameters((Parameter("subscriptionId", read_integer),), is_signed=False)
SESSION_METHODS = {
    "session.logon": SessionMethod(_log_on, _SIGNED, Security.USER_DATA),
    "session.status": SessionMethod(_tell_status, _NONE),
    "session.logout": SessionMethod(_log_out, _NONE),
    "session.subscriptions": SessionMethod(_list_subscriptions, _NONE),
    "userDataStream.subscribe": SessionMethod(_subscribe, _NONE, is_of_session=True),
    "userDataStream.subscribe.signature": SessionMethod(
        _subscribe_signed, _SIGNED, Security.USER_DATA
    ),
    "userDataStream.unsubscribe": SessionMethod(_unsubscribe, _SUBSCRIPTION),
}
