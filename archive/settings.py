"""Settings of the archive, among those that all services share."""

from protocol.settings import Settings

_FILE = "archive.sqlite3"


class ArchiveSettings(Settings):
    """Those of all, as who writes or reads the archive uses them.

    `DATABASE_URL`: a PostgreSQL or SQLite database; by default a file in the data folder.
    `ARCHIVE_RETENTION_DAYS`, `ARCHIVE_RETENTION_ROWS`: what is older, or beyond the newest so many
    rows, is deleted; without them everything is kept.
    """

    @property
    def effective_database_url(self) -> str:
        """The named database, else the file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / _FILE}"
