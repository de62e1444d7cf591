"""What is raised if a question is about the archive's time alone, and the archive cannot say."""


class HistoryUnavailable(Exception):
    """The archive does not answer, or has not come so far yet."""
