"""What goes wrong in a way that the user can mend."""


class LaunchError(Exception):
    """Cannot go on; the text says why and what to do, and is all that the user sees."""
