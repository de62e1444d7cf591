"""How much an answer says and how long it waits: `?response=` and `Prefer: wait=`."""

import re
from typing import NamedTuple

from order_gateway.admission.request_context import RequestContext
from order_gateway.reading.request_schemas import ResponseMode
from protocol.enums import Reason
from protocol.refusal import Refusal

MAX_WAIT_SECONDS = 30

_find_wait = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?\s*(?:$|[,;])").search

_has_timing = re.compile(r"(?:^|[,;\s])timing\s*(?:$|[,;])").search


class Preference(NamedTuple):
    """What the client asked for; `seconds` is None if it leaves the wait to the gateway.

    `tells_times`: the answer is to say where the time went.
    """

    mode: ResponseMode
    seconds: float | None = None
    tells_times: bool = False


_PREFERENCES = {mode: Preference(mode) for mode in ResponseMode}


def read_preference(request: RequestContext, default: ResponseMode, *more: str) -> Preference:
    """Return what the client asks for; `more` are the other parameters that the query may have.

    `Prefer: wait=N` (RFC 7240) waits N seconds for the engine, MAX_WAIT_SECONDS at most, and the
    answer says that it was applied. It is ignored if `response=ack` says not to wait. `Prefer:
    timing` asks where the time went. Raise Refusal for an unknown mode or parameter.
    """
    preference = _PREFERENCES[default]
    text = request.read_query("response", *more).get("response")
    if text is not None:
        preference = _parse_mode(text)
    prefer = request.headers.get(b"prefer")
    if prefer is None:
        return preference
    asked = prefer.decode("latin-1").lower()
    if _has_timing(asked):
        preference = preference._replace(tells_times=True)
    found = _find_wait(asked)
    if found is None or (text is not None and preference.mode is ResponseMode.ACK):
        return preference
    seconds = min(int(found[1]), MAX_WAIT_SECONDS)
    request.answer_headers.append((b"preference-applied", b"wait=%d" % seconds))
    if preference.mode is ResponseMode.ACK:
        preference = preference._replace(mode=ResponseMode.RESULT)
    return preference._replace(seconds=seconds)


def _parse_mode(text: str) -> Preference:
    try:
        return _PREFERENCES[ResponseMode(text)]
    except ValueError:
        raise Refusal(
            Reason.INVALID_REQUEST, "response", f"response must be one of {', '.join(ResponseMode)}"
        ) from None
