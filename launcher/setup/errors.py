"""The error that the user can mend."""


class LaunchError(Exception):
    """The launcher cannot go on; the text, all that the user sees, says why and what to do."""
