"""Where the archive's database is."""

from protocol.settings import Settings

_FILE = "archive.sqlite3"


class ArchiveSettings(Settings):
    """The settings of all services, with the archive's database as its writer and readers need it.

    `DATABASE_URL`: a PostgreSQL or SQLite database; by default a file in the data folder.
    `ARCHIVE_RETENTION_DAYS`, `ARCHIVE_RETENTION_ROWS`: older rows, or rows beyond the newest so
    many, are deleted; without them everything is kept.
    """

    @property
    def effective_database_url(self) -> str:
        """The named database, else the file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / _FILE}"
