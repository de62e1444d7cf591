"""A connection to the feed, which brings heartbeats until more is asked for."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.exceptions import InvalidURI

from goquant.client.book import Json
from goquant.client.connection import StreamConnection
from goquant.client.passing_status import is_passing
from protocol.enums import Reason

_PASSING = {
    Reason.NOT_IN_SYNC,
    Reason.RATE_LIMITED,
    Reason.TOO_MANY_CONNECTIONS,
    Reason.TOO_MANY_CONNECTIONS_FROM_ADDRESS,
}


class FeedRefused(ValueError):
    """What was asked for is not there and will not be: the URL, its query or a symbol is wrong."""


async def open_feed(url: str) -> StreamConnection:
    """Connect to the feed; raises FeedRefused if trying again would change nothing.

    The query of `url` may name anything but channels.
    """
    url = _add_heartbeat(url)

    def refuse(status: int, problem: Json) -> Exception:
        code, detail = problem.get("code"), problem["detail"]
        if code in _PASSING or is_passing(status):
            return ConnectionError(f"{code}: {detail}" if code else detail)
        return FeedRefused(f"{code or url}: {detail}")

    try:
        return await StreamConnection.open(url, refuse)
    except InvalidURI as error:
        raise FeedRefused(f"{url}: the feed's URL begins with ws:// or wss://") from error


def _add_heartbeat(url: str) -> str:
    """Return `url` with a query that asks for heartbeats and no other channel; the rest stays."""
    parts = urlsplit(url)
    query = [each for each in parse_qsl(parts.query, True) if each[0] != "channels"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("channels", "heartbeat")])))
