"""What a client makes of the status of an answer that is none of its protocol's."""

from http import HTTPStatus

_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def is_passing(status: int) -> bool:
    """Whether the same question may be answered later."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING
