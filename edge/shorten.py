"""What an answer repeats of the client's own text."""

_MAX_SHOWN = 64
"""Characters."""


def shorten(text: str) -> str:
    """Return the client's own text, cut to a length that an answer can repeat."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
