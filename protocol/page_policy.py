"""What a page may do, as a Content-Security-Policy: its own scripts and styles, by their hashes."""

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256

_ELEMENT = re.compile(rb"<(?P<name>script|style)\b[^>]*>(?P<content>.*?)</(?P=name)>", re.DOTALL)


@lru_cache(maxsize=8)
def describe_policy(page: bytes, connects_to: str, images_from: str = "'none'") -> str:
    """Return the header's value for `page`, which is HTML with its scripts and styles in it.

    A script that somebody brings into the page, and a style in an attribute, have no hash here.
    """
    hashes: dict[bytes, list[str]] = {b"script": [], b"style": []}
    for element in _ELEMENT.finditer(page):
        digest = b64encode(sha256(element["content"]).digest()).decode()
        hashes[element["name"]].append(f"'sha256-{digest}'")
    directives = (
        "default-src 'none'",
        f"script-src {' '.join(hashes[b'script'])}",
        f"style-src {' '.join(hashes[b'style'])}",
        f"img-src {images_from}",
        f"connect-src {connects_to}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(directives)
