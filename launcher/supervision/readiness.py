"""Whether a service is ready, as its /health answers."""

import http.client
import json
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any, NamedTuple

_SECONDS = 1.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy that the environment may name: it cannot reach this machine's loopback."""
_SHOWN = ("status", "redis", "engine")


class Health(NamedTuple):
    """Whether a service is ready, and what it says of itself, such as `status=ok engine=up`."""

    is_ready: bool
    text: str


def read_health(url: str) -> Health:
    """Ask `url`: a service is ready if it answers 200 and names no engine that is not up."""
    try:
        with _OPENER.open(url, timeout=_SECONDS) as answer:
            return judge_health(200, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return judge_health(error.code, error.read())
    except (OSError, http.client.HTTPException):
        return Health(False, "no answer")


def read_status(url: str) -> int | None:
    """Return the HTTP status that `url` answers with, None if it does not answer."""
    try:
        with _OPENER.open(url, timeout=_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, http.client.HTTPException):
        return None


def judge_health(code: int, body: bytes) -> Health:
    """Return the health that an answer of `/health` stands for."""
    fields = _read_fields(body)
    words = [f"{name}={fields[name]}" for name in _SHOWN if name in fields]
    if code != 200:
        return Health(False, " ".join([str(code), *words]))
    return Health(fields.get("engine", "up") == "up", " ".join(words))


def _read_fields(body: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        fields = json.loads(body)
        if isinstance(fields, dict):
            return fields
    return {}
