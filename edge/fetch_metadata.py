"""What a browser tells of a request that has no Origin (Fetch Metadata)."""

from collections.abc import Mapping

_READING = {"GET", "HEAD"}


def is_foreign(method: str, fields: Mapping[bytes, bytes]) -> bool:
    """Whether another site's page makes the request.

    A link that the user follows into a tab of its own is none: its page learns nothing of it.
    """
    if fields.get(b"sec-fetch-site") != b"cross-site":
        return False
    is_link = (
        fields.get(b"sec-fetch-mode") == b"navigate"
        and fields.get(b"sec-fetch-dest") == b"document"
        and method in _READING
    )
    return not is_link
