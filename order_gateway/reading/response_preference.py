"""How long an answer waits, and how much it says: `?response=` and `Prefer: wait=`."""

import re
from typing import NamedTuple

from order_gateway.admission.request_context import RequestContext
from order_gateway.reading.request_schemas import ResponseMode
from protocol.enums import Reason
from protocol.refusal import Refusal

MAX_WAIT_SECONDS = 30

_find_wait = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?\s*(?:$|[,;])").search


class Preference(NamedTuple):
    """`seconds` None: as long as the gateway thinks fit."""

    mode: ResponseMode
    seconds: float | None = None


_MODES = {mode: Preference(mode) for mode in ResponseMode}


def read_preference(request: RequestContext, default: ResponseMode, *more: str) -> Preference:
    """What the client asks for; `more` are the query's other parameters.

    `Prefer: wait=N` (RFC 7240) waits for the engine, N seconds and at most MAX_WAIT_SECONDS; it is
    said in the answer that it was heard. Not where `response=ack` says not to wait.
    """
    mode = _MODES[default]
    text = request.read_query("response", *more).get("response")
    if text is not None:
        mode = _parse_mode(text)
    prefer = request.headers.get(b"prefer")
    found = _find_wait(prefer.decode("latin-1").lower()) if prefer else None
    if found is None or (text is not None and mode.mode is ResponseMode.ACK):
        return mode
    seconds = min(int(found[1]), MAX_WAIT_SECONDS)
    request.answer_headers.append((b"preference-applied", b"wait=%d" % seconds))
    if mode.mode is ResponseMode.ACK:
        return Preference(ResponseMode.RESULT, seconds)
    return Preference(mode.mode, seconds)


def _parse_mode(text: str) -> Preference:
    try:
        return _MODES[ResponseMode(text)]
    except ValueError:
        raise Refusal(
            Reason.INVALID_REQUEST, "response", f"response must be one of {', '.join(ResponseMode)}"
        ) from None
