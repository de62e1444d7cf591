"""What every part of the feed raises for an event that cannot be true."""


class BrokenEvent(Exception):
    """An event that does not follow from what came before it, or that is not of our shape."""
