"""The error for an event that cannot be true."""


class BrokenEvent(Exception):
    """An event that does not follow from those before it, or that has a wrong form."""
