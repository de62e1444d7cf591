"""Whether a service is ready, as its /health or /readyz answers."""

import http.client
import json
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any, NamedTuple

_SECONDS = 1.0
_SECONDS_TO_LOOK = 4.0
"""More than a service waits for what it depends on."""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy that the environment may name: it cannot reach this machine's loopback."""
_SHOWN = ("status", "redis", "engine")
_EXPLAINED = ("reasons", "degraded")


class Health(NamedTuple):
    """Whether a service is ready, and what it says of itself, such as `status=ok engine=up`."""

    is_ready: bool
    text: str
    is_whole: bool = True
    """Whether nothing is degraded."""


def read_readiness(url: str) -> Health:
    """Ask the service at `url` for all that it depends on, which may take it some seconds."""
    return read_health(f"{url}/readyz", _SECONDS_TO_LOOK)


def read_health(url: str, seconds: float = _SECONDS) -> Health:
    """Ask `url`: a service is ready if it answers 200 and names no engine that is not up."""
    try:
        with _OPENER.open(url, timeout=seconds) as answer:
            return judge_health(200, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return judge_health(error.code, error.read())
    except (OSError, http.client.HTTPException):
        return Health(False, "no answer")


def judge_health(code: int, body: bytes) -> Health:
    """Return the health that an answer of `/health` or `/readyz` stands for.

    What is only degraded is ready, and says what does not work.
    """
    fields = _read_fields(body)
    words = [f"{name}={fields[name]}" for name in _SHOWN if name in fields]
    is_whole = not fields.get("degraded")
    words += [f"({text})" for name in _EXPLAINED for text in fields.get(name, ())]
    if code != 200:
        return Health(False, " ".join([str(code), *words]), is_whole)
    return Health(fields.get("engine", "up") == "up", " ".join(words), is_whole)


def _read_fields(body: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        fields = json.loads(body)
        if isinstance(fields, dict):
            return fields
    return {}
