"""Calls about listen keys, which Binance has retired and older clients still need."""

from binance_gateway.calls.call import Call, RouteTable, Security
from binance_gateway.calls.parameters import mandatory
from binance_gateway.services import Services
from binance_gateway.signing.keys import digest_key
from binance_gateway.words import errors

calls = RouteTable()


def read_text(_name: str, text: str) -> str:
    """Return the text as it is."""
    return text


_LISTEN_KEY = mandatory("listenKey", read_text)


@calls.add("POST userDataStream", "userDataStream.start", 2, security=Security.KEY)
async def open_listen_key(services: Services, call: Call) -> object:
    """Open the account's stream."""
    _check_allowed(services)
    return {"listenKey": await services.listen_keys.give(call.account, digest_key(call.key))}


@calls.add("PUT userDataStream", "userDataStream.ping", 2, _LISTEN_KEY, security=Security.KEY)
async def extend_listen_key(services: Services, call: Call) -> object:
    """Keep the account's stream for an hour more."""
    _check_allowed(services)
    await services.listen_keys.lengthen(call.account, call["listenKey"], digest_key(call.key))
    return {}


@calls.add("DELETE userDataStream", "userDataStream.stop", 2, _LISTEN_KEY, security=Security.KEY)
async def close_listen_key(services: Services, call: Call) -> object:
    """Close the account's stream."""
    _check_allowed(services)
    await services.listen_keys.end(call.account, call["listenKey"])
    return {}


def _check_allowed(services: Services) -> None:
    if services.settings.binance_strict == "on":
        raise errors.GONE()
